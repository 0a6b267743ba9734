"""Studies of optuna: read, made into entries and evidence, and written."""

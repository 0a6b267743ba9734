"""What is wrong with a tree or a clone, and how it is mended: check, fix, the hooks' guard, review, doctor."""

"""Data: where they lie, what they hold, and how rows are divided."""

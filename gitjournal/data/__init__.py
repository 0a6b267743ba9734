"""Load, hash, code and split data."""

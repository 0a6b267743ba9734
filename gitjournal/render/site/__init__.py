"""A journal as pages."""

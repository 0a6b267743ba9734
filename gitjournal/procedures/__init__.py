"""Procedures: what an entry declares, built with the library that owns it."""

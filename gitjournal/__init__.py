"""gitjournal: a laboratory journal in your own git repository."""

__version__ = "0.1.0"

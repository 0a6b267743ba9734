"""gitjournal: a laboratory journal in your own git repository."""

__version__ = "0.2.0"

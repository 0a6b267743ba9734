"""Values turned into text."""

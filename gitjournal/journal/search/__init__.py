"""Entries that are near an idea, put as words and numbers, or near another entry: `ls --like`."""

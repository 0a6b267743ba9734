"""Search for similar entries, by words and numbers or by another entry: `ls --like`."""

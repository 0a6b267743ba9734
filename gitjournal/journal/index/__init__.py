"""The index: a cache in SQLite of what the branches of the journal hold. May be deleted at any time."""

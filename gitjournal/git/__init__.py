"""Every git process; where the journal is checked out; commits that never touch what is the person's."""

"""What the journal holds, as read from git: branches, ids, drafts, index, rows, snapshots, history, search."""

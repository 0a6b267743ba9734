"""What `gitjournal report` prints, each in words and as plain values."""

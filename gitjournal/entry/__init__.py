"""The files a person reads and writes: entry, results block, records, settings, datasheet. Text to value and back; no disk, no git."""

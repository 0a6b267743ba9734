"""One verb a file: each parses its words, calls plain functions, prints. click lives here and in `cli` alone."""

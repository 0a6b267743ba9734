"""One module a verb: each parses its words, calls plain functions, prints. click lives here and in `cli` alone."""

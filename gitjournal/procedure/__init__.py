"""What a declared procedure means: known classes, the reader, the canonical text and its fingerprint. Imports no ML library."""

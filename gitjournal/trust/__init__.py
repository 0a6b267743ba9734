"""A person's own code: its files, which bytes were trusted here, the loader that runs exactly those."""

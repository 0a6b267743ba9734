"""Models as a worker builds them, each kind with the library that owns it."""

"""`python -m gitjournal`."""

from gitjournal.cli import main

main()

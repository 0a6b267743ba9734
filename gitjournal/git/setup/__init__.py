"""A journal set up in a repository: the steps of `init`, hooks, and the files of a forge's CI."""

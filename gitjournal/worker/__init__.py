"""Worker processes: the jobs, what is done inside, the pool that talks to them."""

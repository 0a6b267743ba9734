"""Numbers in, numbers out: intervals, tests, power, best of k, and samples of results compared by them."""

"""`make bench`: every figure, in the order of the README's table."""

from benchmarks import bench_million, bench_reading, bench_running, bench_start

for part in (bench_start, bench_running, bench_reading, bench_million):
    part.main()

"""`make bench`: every figure, in the order of the README's table."""

from benchmarks import bench_million, bench_reading, bench_running, bench_start, bench_suggest, bench_suggest_real, bench_suggest_speed

for part in (bench_start, bench_running, bench_reading, bench_million, bench_suggest_speed, bench_suggest, bench_suggest_real):
    part.main()

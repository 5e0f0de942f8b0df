"""What SyncStore does in a second, held against limits of the same machine in the same run.

`python -m workers.bench [GROUP …] [--docs]`, or `make bench`. A figure next to its limit says more
than a figure: a slow or busy machine slows both. Figure and limit are taken in turns, and medians
count. It is a benchmark and never a test; BENCH_SCALE=0.1 makes it smaller for a quick look.
"""

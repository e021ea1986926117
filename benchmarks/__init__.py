"""Ratios against named baselines, measured in one run. `make bench`, or `python -m benchmarks NAME…`."""

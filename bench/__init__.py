"""Measurements: each `NAME_bench.py` is run by `./dev bench NAME` and prints a table."""

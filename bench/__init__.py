"""Benchmarks: each compares with a peer or with the machine's limit in the same run."""

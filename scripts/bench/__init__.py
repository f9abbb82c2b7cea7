"""The benchmarks behind `blueprint bench`."""

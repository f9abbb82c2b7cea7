"""The benchmarks behind `blueprint bench`.

A benchmark is a module of this package with a function `measure() -> list[Figure]`. It measures its subject
and its reference side by side in one run, because one machine's seconds mean little on another; figures are
printed and never asserted by a test.
"""

from scripts.bench.figure import Figure, Goal

__all__ = ["Figure", "Goal"]

"""Work in a process of its own: nothing is imported yet, and nothing is left of an earlier run."""

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")


def in_a_fresh_process(work: Callable[[], Result]) -> Result:
    """What `work`, a function of a module, returns from a new Python process."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(work).result()

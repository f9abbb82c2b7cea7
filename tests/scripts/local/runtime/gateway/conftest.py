"""One local AWS for all tests of HTTP APIs, whose fixtures are those of functions."""

from tests.scripts.local.runtime.functions.conftest import cloud, context

__all__ = ["cloud", "context"]

"""One local AWS for the tests of this folder."""

from collections.abc import Iterator

import pytest

from scripts.local.aws.process import running


@pytest.fixture(scope="session")
def endpoint() -> Iterator[str]:
    """A local AWS, as the program gets it."""
    with running() as address:
        yield address

"""One local AWS and one moto without our extensions for all the tests of this folder."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from scripts.local.aws import running
from tests.scripts.local.aws.clients import clients_of


@pytest.fixture(scope="session")
def endpoint() -> Iterator[str]:
    """A local AWS, as the program gets it."""
    with running() as address:
        yield address


@pytest.fixture(scope="session")
def aws(endpoint: str) -> Callable[[str], Any]:
    """Clients of the local AWS by the name of a service."""
    return clients_of(endpoint)


@pytest.fixture(scope="session")
def moto() -> Iterator[Callable[[str], Any]]:
    """Clients of moto without our extensions: what they show says whether an extension is still needed."""
    with running(module="moto.server") as address:
        yield clients_of(address)

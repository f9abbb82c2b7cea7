"""One local AWS for all tests of pollers; each test finds it without functions and mappings."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from scripts.local.runtime.context import Context
from scripts.local.runtime.mappings import queue_poller
from tests.scripts.local.runtime.functions.cloud import Cloud, local_cloud, runtime_context


@pytest.fixture(scope="package")
def cloud() -> Iterator[Cloud]:
    with local_cloud() as cloud:
        yield cloud


@pytest.fixture(autouse=True)
def _short_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have pollers notice sooner that they are to stop."""
    monkeypatch.setattr(queue_poller, "LONG_POLL", 1)


@pytest.fixture
async def context(cloud: Cloud, tmp_path: Path) -> AsyncIterator[Context]:
    async with runtime_context(cloud, tmp_path) as context:
        yield context

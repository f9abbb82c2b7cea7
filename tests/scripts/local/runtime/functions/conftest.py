"""One local AWS for all tests of functions; each test finds it empty."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from scripts.local.runtime.context import Context
from tests.scripts.local.runtime.functions.cloud import Cloud, local_cloud, runtime_context


@pytest.fixture(scope="package")
def cloud() -> Iterator[Cloud]:
    with local_cloud() as cloud:
        yield cloud


@pytest.fixture
async def context(cloud: Cloud, tmp_path: Path) -> AsyncIterator[Context]:
    async with runtime_context(cloud, tmp_path) as context:
        yield context

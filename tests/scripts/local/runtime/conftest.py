"""An empty local AWS for each module, and the parts that controllers share."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from scripts.local import REGION
from scripts.local.aws import process
from scripts.local.runtime.addresses import Addresses
from scripts.local.runtime.aws_client import Aws
from scripts.local.runtime.context import Context
from scripts.local.runtime.ports import Ports
from scripts.local.runtime.servers import unprivileged
from scripts.local.runtime.supervisor import Supervisor
from tests.waiting import PATIENCE


@pytest.fixture(scope="session")
def local_aws() -> Iterator[str]:
    """The address of a local AWS, one for all modules because it takes seconds to start."""
    with process.running() as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def endpoint(local_aws: str) -> str:
    """The address of a local AWS in which nothing is deployed yet."""
    httpx.post(f"{local_aws}/moto-api/reset", timeout=PATIENCE).raise_for_status()
    return local_aws


@pytest.fixture
def aws(endpoint: str) -> Aws:
    return Aws(endpoint, REGION)


@pytest.fixture
async def context(aws: Aws, tmp_path: Path) -> AsyncIterator[Context]:
    """The shared parts, in a state folder of the test's; ends all that was started."""
    addresses = Addresses(aws.endpoint)
    supervisor = Supervisor(tmp_path, addresses.missing)
    yield Context(aws=aws, supervisor=supervisor, addresses=addresses, ports=Ports(), state=tmp_path)
    await supervisor.stop_all()
    unprivileged.remove_scratch(tmp_path)

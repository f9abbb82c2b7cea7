"""A local AWS of its own for each module, and the parts that controllers share."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer

from scripts.local import REGION
from scripts.local.aws.extensions import install
from scripts.local.runtime.addresses import Addresses
from scripts.local.runtime.aws_client import Aws
from scripts.local.runtime.context import Context
from scripts.local.runtime.ports import Ports
from scripts.local.runtime.servers import unprivileged
from scripts.local.runtime.supervisor import Supervisor


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """The address of a local AWS, as the runtime finds it."""
    install()
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def aws(endpoint: str) -> Aws:
    return Aws(endpoint, REGION)


@pytest.fixture
async def context(aws: Aws, tmp_path: Path) -> AsyncIterator[Context]:
    """The shared parts, in a state folder of the test's; ends all that was started."""
    supervisor = Supervisor(tmp_path)
    yield Context(aws=aws, supervisor=supervisor, addresses=Addresses(), ports=Ports(), state=tmp_path)
    await supervisor.stop_all()
    unprivileged.remove_scratch(tmp_path)

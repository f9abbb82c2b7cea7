"""A load balancer that is deployed, what brings it to life, and who asks it."""

import dataclasses
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import httpx
import pytest

from scripts.local.runtime.balancers import Balancers
from scripts.local.runtime.balancers import deployed as deployed_model
from scripts.local.runtime.balancers.deployed import HealthCheck
from scripts.local.runtime.context import Context
from tests.scripts.local.runtime.balancers.load_balancer import Deployed
from tests.waiting import PATIENCE


@pytest.fixture
def deployed(context: Context) -> Any:
    deployed = Deployed(context, "shop")
    yield deployed
    deployed.delete()


@pytest.fixture
async def balancers(context: Context) -> AsyncIterator[Balancers]:
    balancers = Balancers(context)
    yield balancers
    await balancers.close()


@pytest.fixture
async def client(context: Context) -> AsyncIterator[Callable[..., Any]]:
    """Asks the load balancer, at its local address."""
    async with httpx.AsyncClient(timeout=PATIENCE) as client:

        async def ask(target: str, method: str = "GET", **arguments: Any) -> httpx.Response:
            client.cookies.clear()
            url = context.addresses.named()["load_balancer"] + target
            return await client.request(method, url, **arguments)

        yield ask


@pytest.fixture
def quick_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Check every 50 ms: AWS's least interval of 5 s is too long to wait for here."""
    read = deployed_model._health_check

    def quick(described: Mapping[str, Any]) -> HealthCheck:
        return dataclasses.replace(read(described), interval=0.05)

    monkeypatch.setattr(deployed_model, "_health_check", quick)

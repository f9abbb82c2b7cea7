"""An instance that leaves finishes its requests: nobody who asks the load balancer notices."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest

from scripts.local.runtime.balancers import Balancers
from scripts.local.runtime.context import Context
from scripts.local.runtime.fleets import Fleets
from scripts.local.runtime.servers import nginx
from tests.scripts.local.runtime.deployed import bundle, delete_fleet, deploy_fleet, deploy_load_balancer
from tests.waiting import PATIENCE, until, until_async


@pytest.fixture
def hasty_nginx(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers that go keep idle connections for one second only: ten are too long to wait for here."""
    monkeypatch.setattr(nginx, "LINGER", 1)
    monkeypatch.setattr(nginx, "PATIENCE", "keepalive_min_timeout 1s;")


@pytest.fixture
def group(context: Context) -> Iterator[str]:
    """Two instances behind a load balancer."""
    target_group = deploy_load_balancer(context.aws, "leaving")
    deploy_fleet(context.aws, "leaving", content=bundle(), size=2, target_groups=(target_group,))
    yield "leaving"
    delete_fleet(context.aws, "leaving")


@pytest.fixture
async def site(context: Context, group: str, hasty_nginx: None) -> AsyncIterator[str]:
    """The load balancer's address, kept alive with all that is behind it."""
    fleets, balancers = Fleets(context), Balancers(context)

    async def settle() -> bool:
        return all([await fleets.reconcile(), await balancers.reconcile()])

    async def go_on() -> None:
        while True:
            await settle()
            await asyncio.sleep(0.1)

    await until_async(settle)
    task = asyncio.create_task(go_on())
    yield context.addresses.named()["load_balancer"]
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    await fleets.close()
    await balancers.close()


def instances(context: Context, group: str) -> dict[str, str]:
    client = context.aws.client("autoscaling")
    answer = client.describe_auto_scaling_groups(AutoScalingGroupNames=[group])["AutoScalingGroups"]
    return {one["InstanceId"]: one["LifecycleState"] for one in answer[0]["Instances"]}


async def test_no_request_fails_while_instances_leave(context: Context, group: str, site: str) -> None:
    statuses: list[int] = []
    seen: set[str] = set()
    stop = asyncio.Event()

    async def ask() -> None:
        async with httpx.AsyncClient(timeout=PATIENCE) as client:
            while not stop.is_set():
                answer = await client.get(f"{site}/")
                statuses.append(answer.status_code)
                told: dict[str, Any] = answer.json()
                seen.add(told["environment"]["INSTANCE_ID"])

    clients = [asyncio.create_task(ask()) for _ in range(3)]
    await until(lambda: len(seen) == 2)
    autoscaling = context.aws.client("autoscaling")
    autoscaling.set_desired_capacity(AutoScalingGroupName=group, DesiredCapacity=1)
    states = instances(context, group)
    (leaving,) = (name for name, state in states.items() if state == "Terminating")
    await until(lambda: leaving not in instances(context, group))
    await until(lambda: len(context.supervisor.statuses()) == 2)  # the load balancer, and who stayed
    before = len(statuses)
    await until(lambda: len(statuses) > before)
    stop.set()
    await asyncio.gather(*clients)
    assert set(statuses) == {200}
    told = [event.sentence for event in context.timeline.events() if event.subject == leaving]
    assert told == [
        f"{leaving} answers its health checks and gets requests",
        f"{leaving} has finished and is gone",
    ]

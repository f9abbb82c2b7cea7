"""An instance that leaves finishes its requests: nobody who asks the load balancer notices."""

import asyncio
import contextlib
import hashlib
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest

from scripts.build import Artifact, Manifest
from scripts.local import deploy
from scripts.local.runtime.balancers import Balancers
from scripts.local.runtime.context import Context
from scripts.local.runtime.control.refresh import Refresh
from scripts.local.runtime.fleets import Fleets
from scripts.local.runtime.servers import nginx
from scripts.local.up import Progress
from tests.scripts.local.runtime.deployed import (
    MIGRATES,
    bundle,
    delete_fleet,
    deploy_fleet,
    deploy_load_balancer,
)
from tests.waiting import PATIENCE, until, until_async


@pytest.fixture
def hasty_nginx(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers that go keep idle connections for one second only: ten are too long to wait for here."""
    monkeypatch.setattr(nginx, "LINGER", 1)
    monkeypatch.setattr(nginx, "PATIENCE", "keepalive_min_timeout 1s;")


@pytest.fixture
def group(context: Context, request: pytest.FixtureRequest) -> Iterator[str]:
    """Two instances behind a load balancer; the group's name ends as the test's does."""
    name = request.node.name.rpartition("_")[2]
    target_group = deploy_load_balancer(context.aws, name)
    deploy_fleet(context.aws, name, content=bundle(), size=2, target_groups=(target_group,))
    yield name
    delete_fleet(context.aws, name)
    elb = context.aws.client("elbv2")
    for balancer in elb.describe_load_balancers(Names=[name])["LoadBalancers"]:
        elb.delete_load_balancer(LoadBalancerArn=balancer["LoadBalancerArn"])
    elb.delete_target_group(TargetGroupArn=target_group)


@pytest.fixture
async def site(context: Context, group: str, hasty_nginx: None) -> AsyncIterator[str]:
    """The load balancer's address, kept alive with all that is behind it."""
    fleets, balancers = Fleets(context), Balancers(context)
    refresh = Refresh(context, fleets)

    async def settle() -> bool:
        return all([await fleets.reconcile(), await balancers.reconcile()])

    async def go_on() -> None:
        while True:
            await settle()
            await refresh.step(time.time())
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


class Clients:
    """Ask the load balancer all the time; `statuses` is what came, `seen` which instances answered."""

    def __init__(self, site: str) -> None:
        self._site = site
        self._tasks = [asyncio.create_task(self._ask()) for _ in range(3)]
        self.statuses: list[int] = []
        self.seen: set[str] = set()

    async def _ask(self) -> None:
        async with httpx.AsyncClient(timeout=PATIENCE) as client:
            while True:
                answer = await client.get(f"{self._site}/")
                self.statuses.append(answer.status_code)
                told: dict[str, Any] = answer.json()
                self.seen.add(told["environment"]["INSTANCE_ID"])

    async def close(self) -> None:
        """Ask a few times more, and no more; raise what went wrong."""
        before = len(self.statuses)
        await until(lambda: len(self.statuses) > before + 5 or any(task.done() for task in self._tasks))
        for task in self._tasks:
            task.cancel()
        for outcome in await asyncio.gather(*self._tasks, return_exceptions=True):
            assert isinstance(outcome, asyncio.CancelledError), outcome


async def test_no_request_fails_while_instances_leave(context: Context, group: str, site: str) -> None:
    clients = Clients(site)
    await until(lambda: len(clients.seen) == 2)
    autoscaling = context.aws.client("autoscaling")
    autoscaling.set_desired_capacity(AutoScalingGroupName=group, DesiredCapacity=1)
    states = instances(context, group)
    (leaving,) = (name for name, state in states.items() if state == "Terminating")
    await until(lambda: leaving not in instances(context, group))
    await until(lambda: len(context.supervisor.statuses()) == 2)  # the load balancer, and who stayed
    await clients.close()
    assert set(clients.statuses) == {200}
    told = [event.sentence for event in context.timeline.events() if event.subject == leaving]
    assert told == [
        f"{leaving} answers its health checks and gets requests",
        f"{leaving} has finished and is gone",
    ]


@pytest.mark.usefixtures("hasty_nginx")
async def test_who_leaves_when_another_runtime_takes_over_finishes_too(context: Context, group: str) -> None:
    fleets, balancers = Fleets(context), Balancers(context)

    async def settle(fleets: Fleets) -> bool:
        return all([await fleets.reconcile(), await balancers.reconcile()])

    await until_async(lambda: settle(fleets))
    autoscaling = context.aws.client("autoscaling")
    autoscaling.set_desired_capacity(AutoScalingGroupName=group, DesiredCapacity=1)
    (leaving,) = (name for name, state in instances(context, group).items() if state == "Terminating")

    context.takes_over = True
    successor = Fleets(context)

    async def has_left() -> bool:
        await settle(successor)
        return leaving not in instances(context, group)

    await until_async(has_left)
    told = [event.sentence for event in context.timeline.events() if event.subject == leaving]
    assert told[-1] == f"{leaving} has finished and is gone"
    assert len(context.supervisor.statuses()) == 2  # the load balancer, and who stayed
    await successor.close()
    await balancers.close()


@pytest.fixture
def built(context: Context, monkeypatch: pytest.MonkeyPatch) -> str:
    """The checksum of a new bundle, which a build of the project gives; the project's own takes a while."""
    content = bundle(MIGRATES)
    sha256 = hashlib.sha256(content).hexdigest()
    folder = context.state / "dist" / "local"
    folder.mkdir(parents=True)
    (folder / "app.tar.gz").write_bytes(content)
    artifact = Artifact(file="app.tar.gz", sha256=sha256, size=len(content))
    manifest = Manifest(platform="local", python="3", artifacts={"app": artifact})
    monkeypatch.setattr(deploy, "build", lambda *_: manifest)
    status = {"addresses": {"aws": context.aws.endpoint}, "processes": []}
    monkeypatch.setattr(deploy, "read_status", lambda _: status)
    return sha256


async def test_no_request_fails_while_a_new_version_is_deployed(
    context: Context, group: str, site: str, built: str
) -> None:
    clients = Clients(site)
    await until(lambda: len(clients.seen) == 2)
    before = set(instances(context, group))
    result = await asyncio.to_thread(deploy.deploy, context.state, context.state, Progress())
    assert result == {"sha256": built, "refreshed": [group]}
    await until(lambda: len(instances(context, group)) == 2)
    assert not before & instances(context, group).keys()
    assert clients.seen > before
    await clients.close()
    assert set(clients.statuses) == {200}
    (release,) = (one for one in (context.state / "cache" / "releases").iterdir() if one.name == built)
    assert (release / "migrated").exists()

    again = await asyncio.to_thread(deploy.deploy, context.state, context.state, Progress())
    assert again["refreshed"] == []

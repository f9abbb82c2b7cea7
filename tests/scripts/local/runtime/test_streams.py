"""WebSockets and server-sent events pass the CDN and the load balancer as they pass CloudFront and an ALB."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from simple_websocket import AioClient, ConnectionClosed  # type: ignore[import-untyped]  # it has no types

from scripts.local.runtime.balancers import Balancers
from scripts.local.runtime.balancers.access_log import AccessLog, Answered
from scripts.local.runtime.cdns import Cdns
from scripts.local.runtime.context import Context
from tests.scripts.local.runtime import streams
from tests.scripts.local.runtime.balancers.load_balancer import Deployed, forward, path
from tests.scripts.local.runtime.streams import Streams
from tests.scripts.local.runtime.test_cdns import (
    ALL_VIEWER,
    DISABLED,
    SERVICE,
    cache_policy,
    deploy,
    empty,
    service,
)
from tests.waiting import PATIENCE, until, until_async

__all__ = ["empty"]  # used by each test: it starts with nothing deployed


@pytest.fixture
def deployed(context: Context) -> Iterator[Deployed]:
    deployed = Deployed(context, "shop")
    yield deployed
    deployed.delete()


@pytest.fixture
async def target() -> AsyncIterator[Streams]:
    async with streams.running() as target:
        yield target


@pytest.fixture
async def balancers(context: Context, deployed: Deployed, target: Streams) -> AsyncIterator[Balancers]:
    """A load balancer whose only target is `target`."""
    deployed.rule([path("*")], forward(deployed.group("shop", [target])))
    balancers = Balancers(context)
    await until_async(balancers.reconcile)
    yield balancers
    await balancers.close()


@pytest.fixture
async def site(context: Context, balancers: Balancers) -> str:
    """The address of a distribution in front of that load balancer; what is below /kept it keeps a minute."""
    context.addresses.publish(f"{SERVICE}:80", address(context))
    kept = cache_policy(context, "kept", (0, 60, 60))
    behaviours = [
        service("/kept/*", kept, OriginRequestPolicyId=ALL_VIEWER),
        service("/*", DISABLED, OriginRequestPolicyId=ALL_VIEWER),
    ]
    url = deploy(context, behaviours)
    cdns = Cdns(context)
    await until_async(cdns.reconcile)
    return context.addresses.translate(url).removeprefix("http://")


def address(context: Context) -> str:
    return context.addresses.named()["load_balancer"].removeprefix("http://")


@contextlib.asynccontextmanager
async def events(url: str) -> AsyncIterator[AsyncIterator[str]]:
    """Give the lines of a stream of events, until the client leaves at the end of the block."""
    async with httpx.AsyncClient(timeout=PATIENCE) as client, client.stream("GET", url) as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        yield (line async for line in answer.aiter_lines() if line)


async def test_a_websocket_passes_cdn_and_balancer_both_ways_and_the_target_sees_who_leaves(
    site: str, target: Streams, balancers: Balancers
) -> None:
    (log,) = (AccessLog(path) for path in balancers.logs().values())
    for socket_path in ("/socket", "/kept/socket"):
        socket = await AioClient.connect(f"ws://{site}{socket_path}", headers={"X-Room": "tea"})
        for text in ("hello", "x" * 100_000):
            await socket.send(text)
            assert await socket.receive(timeout=PATIENCE) == f"echo of {text}"
        await socket.close()
    await until(lambda: target.left == ["/socket", "/kept/socket"])
    seen = target.headers[0]
    assert (seen["upgrade"], seen["connection"].lower()) == ("websocket", "upgrade")
    assert seen["x-room"] == "tea"
    assert seen["x-forwarded-for"] == "127.0.0.1, 127.0.0.1"
    answers: list[Answered] = []

    def both_written() -> bool:
        answers.extend(one for one in log.read() if one.status == 101)
        return len(answers) == 2

    await until(both_written)
    assert {one.target_status for one in answers} == {101}


async def test_events_arrive_one_by_one_also_where_answers_are_kept_and_the_target_sees_who_leaves(
    site: str, target: Streams
) -> None:
    for stream_path in ("/events", "/kept/events"):
        async with events(f"http://{site}{stream_path}") as lines:
            for text in ("placed", "paid"):  # the second is made after the first has arrived
                await target.events.put(text)
                assert await anext(lines) == f"data: {text}"
        await until(lambda path=stream_path: path in target.left)  # type: ignore[misc]


async def test_only_an_upgrade_to_websocket_is_passed_on(context: Context, balancers: Balancers) -> None:
    asks_for_more = {"Upgrade": "h2c", "Connection": "Upgrade, HTTP2-Settings", "HTTP2-Settings": ""}
    async with httpx.AsyncClient(timeout=PATIENCE) as client:
        answer = await client.get(f"http://{address(context)}/", headers=asks_for_more)
    assert (answer.status_code, answer.text) == (200, "alive")


async def test_a_silent_websocket_is_closed_after_the_idle_timeout_and_a_talking_one_is_not(
    context: Context, deployed: Deployed, target: Streams
) -> None:
    context.aws.client("elbv2").modify_load_balancer_attributes(
        LoadBalancerArn=deployed.balancer["LoadBalancerArn"],
        Attributes=[{"Key": "idle_timeout.timeout_seconds", "Value": "1"}],
    )
    deployed.rule([path("*")], forward(deployed.group("shop", [target])))
    balancers = Balancers(context)
    await until_async(balancers.reconcile)
    socket = await AioClient.connect(f"ws://{address(context)}/socket")
    for _ in range(4):
        await asyncio.sleep(0.4)
        await socket.send("still here")
        assert await socket.receive(timeout=PATIENCE) == "echo of still here"
    with pytest.raises(ConnectionClosed):
        await socket.receive(timeout=PATIENCE)
    await until(lambda: target.left == ["/socket"])
    await balancers.close()


async def test_a_websocket_lives_on_while_its_target_drains(
    context: Context, deployed: Deployed, target: Streams
) -> None:
    group = deployed.group("shop", [target])
    deployed.rule([path("*")], forward(group))
    balancers = Balancers(context)
    await until_async(balancers.reconcile)
    socket = await AioClient.connect(f"ws://{address(context)}/socket")
    elb = context.aws.client("elbv2")
    (health,) = elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    elb.deregister_targets(TargetGroupArn=group, Targets=[health["Target"]])
    await until_async(balancers.reconcile)
    async with httpx.AsyncClient(timeout=PATIENCE) as client:
        assert (await client.get(f"http://{address(context)}/")).status_code == 503
    await socket.send("hello")
    assert await socket.receive(timeout=PATIENCE) == "echo of hello"
    await socket.close()
    await balancers.close()

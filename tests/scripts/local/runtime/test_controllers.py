"""The loop: controllers run side by side, in the order of what they need, and tell the truth."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from scripts.local.runtime import runtime as loop
from scripts.local.runtime.context import Context
from scripts.local.runtime.errors import LocalRuntimeError
from scripts.local.runtime.runtime import Runtime
from scripts.local.runtime.supervisor import ProcessSpec
from tests.waiting import until


class Scripted:
    """A controller that answers what a test wants of it: whether it is healthy, or an error to raise."""

    def __init__(self, name: str, *after: str, answer: bool | Exception = True) -> None:
        self.name = name
        self.after = after
        self.answer = answer
        self.passes = 0
        self.closed = 0

    async def reconcile(self) -> bool:
        self.passes += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    async def close(self) -> None:
        self.closed += 1


Start = Callable[..., None]


@pytest.fixture
async def start(context: Context, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Start]:
    """Starts a runtime with some controllers, in a quick rhythm; stops it at last."""
    for name in ("STARTING", "WATCHFUL", "STEADY"):
        monkeypatch.setattr(loop, name, 0.01)
    stop = asyncio.Event()
    tasks: list[asyncio.Task[None]] = []

    def begin(*controllers: Scripted) -> None:
        tasks.append(asyncio.create_task(Runtime(context, controllers, lambda: None).run(stop)))

    yield begin
    stop.set()
    await asyncio.gather(*tasks)


def told(context: Context) -> Any:
    path = context.state / "status.json"
    return json.loads(path.read_text()) if path.exists() else {"healthy": False, "controllers": []}


def detail(context: Context, name: str) -> str:
    found = [one["detail"] for one in told(context)["controllers"] if one["name"] == name]
    return found[0] if found else ""


async def run_something(context: Context, directory: Path) -> None:
    spec = ProcessSpec(
        name="shop", role="app", command=["/bin/sleep", "300"], directory=directory, environment={}
    )
    await context.supervisor.ensure(spec)
    await until(lambda: context.supervisor.pid("shop"))
    context.supervisor.report_health("shop", healthy=True)


async def test_all_is_healthy_when_every_controller_is_and_something_runs(
    context: Context, start: Start, tmp_path: Path
) -> None:
    caches = Scripted("caches", answer=False)
    start(Scripted("databases"), caches)
    await run_something(context, tmp_path)
    await until(lambda: caches.passes > 2)
    assert not told(context)["healthy"]
    caches.answer = True
    await until(lambda: told(context)["healthy"])
    context.supervisor.report_health("shop", healthy=False)
    await until(lambda: not told(context)["healthy"])


async def test_nothing_is_healthy_while_nothing_runs(context: Context, start: Start) -> None:
    databases = Scripted("databases")
    start(databases)
    await until(lambda: databases.passes > 5 and told(context)["controllers"])
    assert not told(context)["healthy"]


async def test_a_controller_waits_for_those_it_needs_to_come_up_and_never_again(
    context: Context, start: Start
) -> None:
    databases, fleets = Scripted("databases", answer=False), Scripted("fleets", "databases")
    start(databases, fleets)
    await until(lambda: detail(context, "fleets") == "waits for databases")
    assert fleets.passes == 0
    databases.answer = True
    await until(lambda: fleets.passes > 3)
    databases.answer = False  # came up once: what becomes of it does not hold the other one up
    before = databases.passes, fleets.passes
    await until(lambda: databases.passes > before[0] + 3 and fleets.passes > before[1] + 3)


async def test_what_a_controller_needs_is_looked_at_again_before_it_acts_on_something_new(
    context: Context, start: Start
) -> None:
    databases, fleets = Scripted("databases"), Scripted("fleets", "databases")
    start(databases, fleets)
    await until(lambda: fleets.passes > 3)
    databases.answer = False  # something was deployed, and starts
    seen = databases.passes
    await until(lambda: databases.passes > seen + 1)
    held = fleets.passes
    await until(lambda: databases.passes > seen + 10)
    assert fleets.passes == held


async def test_once_all_is_settled_no_controller_waits_for_another(
    context: Context, start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "CALM", 0.05)
    databases, fleets = Scripted("databases"), Scripted("fleets", "databases")
    start(databases, fleets)
    await run_something(context, tmp_path)
    await until(lambda: told(context)["healthy"])
    await asyncio.sleep(0.2)
    await until(lambda: told(context)["healthy"])
    databases.answer = False
    await until(lambda: not told(context)["healthy"])
    before = fleets.passes
    await until(lambda: fleets.passes > before + 3)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (LocalRuntimeError("no secret for shop"), "no secret for shop"),
        (ZeroDivisionError("a defect"), "ZeroDivisionError: a defect"),
    ],
)
async def test_a_failing_controller_is_reported_and_tried_again_and_others_go_on(
    context: Context, start: Start, error: Exception, expected: str
) -> None:
    databases, caches = Scripted("databases", answer=error), Scripted("caches")
    start(databases, caches)
    await until(lambda: detail(context, "databases") == expected)
    assert not told(context)["healthy"]
    before = databases.passes, caches.passes
    await until(lambda: databases.passes > before[0] + 3 and caches.passes > before[1] + 3)


async def test_an_aws_that_does_not_answer_is_borne_for_a_while_only(
    context: Context, start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    databases = Scripted("databases")
    start(databases)
    await run_something(context, tmp_path)
    await until(lambda: told(context)["healthy"])
    databases.answer = EndpointConnectionError(endpoint_url="http://127.0.0.1:5000")
    await until(lambda: detail(context, "databases").startswith("AWS: Could not connect"))
    assert told(context)["healthy"]
    monkeypatch.setattr(loop, "AWS_PATIENCE", 0.1)
    await until(lambda: not told(context)["healthy"])


async def test_the_status_says_since_when_everything_in_it_was_seen(context: Context, start: Start) -> None:
    databases, caches = Scripted("databases"), Scripted("caches")
    start(databases, caches)
    await until(lambda: told(context).get("seen_at"))
    first = told(context)["seen_at"]
    await until(lambda: told(context)["seen_at"] > first)
    assert told(context)["seen_at"] <= told(context)["updated_at"]


async def test_stopping_closes_every_controller_and_ends_every_process(
    context: Context, tmp_path: Path
) -> None:
    databases, caches = Scripted("databases"), Scripted("caches")
    stop = asyncio.Event()
    running = asyncio.create_task(Runtime(context, [databases, caches], lambda: None).run(stop))
    await run_something(context, tmp_path)
    stop.set()
    await running
    assert (databases.closed, caches.closed) == (1, 1)
    assert context.supervisor.statuses() == []
    assert not (context.state / "status.json").exists()

"""Rules that run by the clock, against a real process."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from scripts.local.runtime import schedules
from scripts.local.runtime.context import Context
from scripts.local.runtime.errors import LocalRuntimeError
from scripts.local.runtime.schedules import Schedules, period
from tests.scripts.local.runtime.functions.cloud import Cloud, running_functions
from tests.waiting import until

SOURCE = """
import json, os, pathlib

def handler(event, context):
    with pathlib.Path(os.environ["FILE"]).open("a") as file:
        file.write(json.dumps(event) + "\\n")
"""


class Clock:
    """What the schedules take for the time: seconds that a test moves on."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return 1_772_355_600.0 + self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(schedules, "time", clock)
    return clock


@pytest.fixture
def seen(tmp_path: Path) -> Path:
    """The file that the function writes its events to."""
    path = tmp_path / "seen"
    path.touch()
    return path


@pytest.fixture
def function(cloud: Cloud, seen: Path) -> str:
    """A deployed function's ARN."""
    return cloud.deploy_function("clerk", SOURCE, Environment={"Variables": {"FILE": str(seen)}})


@pytest.fixture(autouse=True)
def _no_rules(cloud: Cloud) -> None:
    """Forget the rules of the test before."""
    events = cloud.client("events")
    for rule in events.list_rules()["Rules"]:
        targets = [target["Id"] for target in events.list_targets_by_rule(Rule=rule["Name"])["Targets"]]
        if targets:
            events.remove_targets(Rule=rule["Name"], Ids=targets)
        events.delete_rule(Name=rule["Name"])


def a_rule(cloud: Cloud, target: str, expression: str = "rate(1 minute)", **more: Any) -> str:
    """Deploy a rule; return its ARN."""
    events = cloud.client("events")
    arn = events.put_rule(Name="each-minute", ScheduleExpression=expression)["RuleArn"]
    events.put_targets(Rule="each-minute", Targets=[{"Id": "it", "Arn": target, **more}])
    return str(arn)


@asynccontextmanager
async def following(context: Context) -> AsyncIterator[Schedules]:
    async with running_functions(context) as functions:
        followed = Schedules(context, functions)
        try:
            yield followed
        finally:
            await followed.close()


def has(seen: Path, runs: int) -> bool:
    return len(events_in(seen)) == runs


def events_in(seen: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in seen.read_text().splitlines()]


async def test_a_function_is_invoked_when_a_period_is_over_and_again_after_the_next(
    cloud: Cloud, context: Context, clock: Clock, function: str, seen: Path
) -> None:
    rule = a_rule(cloud, function)
    async with following(context) as followed:
        for elapsed, runs in ((0, 0), (59, 0), (1, 1), (30, 1), (30, 2)):
            clock.now += elapsed
            assert await followed.reconcile()
            await until(partial(has, seen, runs))

    first, _ = events_in(seen)
    assert first["detail-type"] == "Scheduled Event"
    assert first["resources"] == [rule]
    assert (first["source"], first["detail"], first["account"]) == ("aws.events", {}, "123456789012")
    assert first["time"].endswith("Z")


async def test_the_next_runtime_runs_what_became_due_and_was_not_delivered_when_the_last_one_died(
    cloud: Cloud, context: Context, clock: Clock, function: str, seen: Path
) -> None:
    a_rule(cloud, function)
    async with following(context) as died:
        await died.reconcile()
        clock.now += 60
        await died.reconcile()
    assert has(seen, 0)

    async with following(context) as successor:
        await successor.reconcile()
        await until(partial(has, seen, 1))


async def test_a_target_is_given_its_own_input(
    cloud: Cloud, context: Context, clock: Clock, function: str, seen: Path
) -> None:
    a_rule(cloud, function, Input='{"kind": "own"}')
    async with following(context) as followed:
        await followed.reconcile()
        clock.now += 60
        await followed.reconcile()
        await until(lambda: events_in(seen) == [{"kind": "own"}])


async def test_a_rule_that_is_off_or_gone_runs_nothing(
    cloud: Cloud, context: Context, clock: Clock, function: str, seen: Path
) -> None:
    a_rule(cloud, function)
    events = cloud.client("events")
    async with following(context) as followed:
        await followed.reconcile()
        events.disable_rule(Name="each-minute")
        clock.now += 60
        await followed.reconcile()
        events.enable_rule(Name="each-minute")
        await followed.reconcile()  # it begins anew
        events.remove_targets(Rule="each-minute", Ids=["it"])
        events.delete_rule(Name="each-minute")
        clock.now += 60
        await followed.reconcile()
        assert followed._deliveries == set()

    assert events_in(seen) == []


async def test_a_target_of_another_kind_is_named_and_the_functions_are_invoked(
    cloud: Cloud, context: Context, clock: Clock, function: str, seen: Path
) -> None:
    queue = "arn:aws:sqs:us-east-1:123456789012:queue"
    a_rule(cloud, function)
    cloud.client("events").put_targets(Rule="each-minute", Targets=[{"Id": "other", "Arn": queue}])
    async with following(context) as followed:
        await followed.reconcile()
        clock.now += 60
        with pytest.raises(LocalRuntimeError, match=f"Rule each-minute: its targets {queue}"):
            await followed.reconcile()
        await until(lambda: len(events_in(seen)) == 1)


async def test_an_expression_that_is_not_followed_here_names_the_rule(
    cloud: Cloud, context: Context, function: str
) -> None:
    a_rule(cloud, function, "cron(0 4 * * ? *)")
    async with following(context) as followed:
        with pytest.raises(LocalRuntimeError, match=r"Rule each-minute: it runs by cron\(0 4"):
            await followed.reconcile()


@pytest.mark.parametrize(
    ("expression", "seconds"),
    [("rate(1 minute)", 60), ("rate(5 minutes)", 300), ("rate(1 hour)", 3_600), ("rate(2 days)", 172_800)],
)
def test_a_rate_is_a_number_of_minutes_hours_or_days(expression: str, seconds: int) -> None:
    assert period(expression) == seconds


@pytest.mark.parametrize("expression", ["rate(0 minutes)", "rate(minute)", "rate(1 week)", "every minute"])
def test_what_is_no_rate_is_refused(expression: str) -> None:
    with pytest.raises(LocalRuntimeError, match="only follows rates"):
        period(expression)

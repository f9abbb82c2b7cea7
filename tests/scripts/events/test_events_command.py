"""`blueprint events` on a local AWS."""

import json
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from app.events.catalogue import EVENTS
from scripts.events import replay
from scripts.events.errors import EventsError
from scripts.local import environment
from scripts.local.aws import running
from scripts.local.ledger import Entry, Ledger, start_time
from tests.scripts.command import Command
from tests.scripts.local.aws.clients import clients_of

Aws = Callable[[str], Any]

ACCOUNT = "arn:aws:sqs:us-east-1:123456789012"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
WINDOW = ("--from", "2026-03-01T12:00:00Z", "--to", "2026-03-01T14:00:00Z")


events = Command("events", EventsError)


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """A local AWS."""
    with running() as address:
        yield address


@pytest.fixture
def aws(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Aws:
    """Clients of it; the command finds it by the environment."""
    for name, value in environment(endpoint).items():
        monkeypatch.setenv(name, value)
    return clients_of(endpoint)


@pytest.fixture
def bus(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> str:
    """A bus with an archive and two consumers; it had an event of two types in each of four hours."""
    name = f"shop-{uuid4().hex[:8]}"
    client, sqs = aws("events"), aws("sqs")
    arn = client.create_event_bus(Name=name)["EventBusArn"]
    client.create_archive(ArchiveName=name, EventSourceArn=arn)
    heard = {
        "order-notifications": ["order.placed"],
        "order-inventory": ["order.placed", "order.cancelled"],
    }
    for consumer, types in heard.items():
        sqs.create_queue(QueueName=f"{name}-{consumer}")
        pattern = json.dumps({"source": ["shop"], "detail-type": types})
        client.put_rule(Name=f"{name}-{consumer}", EventBusName=name, EventPattern=pattern)
        target = {"Id": "queue", "Arn": f"{ACCOUNT}:{name}-{consumer}", "InputPath": "$.detail"}
        client.put_targets(Rule=f"{name}-{consumer}", EventBusName=name, Targets=[target])
    for hour in range(4):
        for type_ in ("order.placed", "order.cancelled"):
            detail = json.dumps(f"{type_} {hour}")
            entry = {"EventBusName": name, "Source": "shop", "DetailType": type_, "Detail": detail}
            client.put_events(Entries=[{**entry, "Time": NOON + timedelta(hours=hour)}])
    for consumer in heard:
        taken(aws, name, consumer)
    monkeypatch.setenv("EVENT_BUS", name)
    return name


def taken(aws: Aws, bus: str, consumer: str) -> list[str]:
    """Return what a consumer's queue holds, in order, and empty it."""
    sqs = aws("sqs")
    queue = sqs.get_queue_url(QueueName=f"{bus}-{consumer}")["QueueUrl"]
    received = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
    for message in received:
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    return sorted(json.loads(message["Body"]) for message in received)


def test_the_catalogue_lists_every_event_with_its_consumers() -> None:
    listed = events("catalog").stdout

    for kind in EVENTS:
        assert kind.type in listed
        for consumer in kind.consumers:
            assert f"{consumer.name} ({consumer.pattern})" in listed


def test_a_window_is_replayed_to_everyone_who_listens(aws: Aws, bus: str) -> None:
    result = events("replay", *WINDOW, "--yes")

    assert result.exit_code == 0, result.exception
    assert f"from the archive {bus} (8 events" in result.stdout
    assert "completed" in result.stdout
    assert taken(aws, bus, "order-notifications") == ["order.placed 0", "order.placed 1"]
    cancelled = ["order.cancelled 0", "order.cancelled 1"]
    assert taken(aws, bus, "order-inventory") == [*cancelled, "order.placed 0", "order.placed 1"]


@pytest.mark.parametrize(
    "wanted",
    [
        ("--consumer", "order_inventory"),
        ("--type", "order.cancelled"),
        ("--type", "order.placed", "--consumer", "order_inventory"),
    ],
)
def test_a_replay_can_be_for_some_consumers_only(aws: Aws, bus: str, wanted: tuple[str, ...]) -> None:
    result = events("replay", *WINDOW, *wanted, "--yes")

    assert "order-notifications" not in result.stdout
    assert taken(aws, bus, "order-notifications") == []
    assert len(taken(aws, bus, "order-inventory")) == 4


def test_it_shows_what_it_would_replay_and_asks(aws: Aws, bus: str) -> None:
    result = events("replay", *WINDOW, answer="n\n")

    assert isinstance(result.exception, EventsError)
    assert "nothing was replayed" in str(result.exception)
    assert f"{bus}-order-inventory" in result.stdout
    assert "Events of 2026-03-01 12:00:00 to 2026-03-01 14:00:00 UTC" in result.stdout
    assert aws("events").list_replays(NamePrefix=bus)["Replays"] == []

    assert events("replay", *WINDOW, answer="y\n").exit_code == 0
    assert len(aws("events").list_replays(NamePrefix=bus)["Replays"]) == 1


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        ("yesterday", "2026-03-01T12:00:00Z", "--from 'yesterday' is no time with its zone, such as"),
        ("2026-03-01T12:00:00", "2026-03-01T13:00:00Z", "'2026-03-01T12:00:00' is no time with its zone"),
        ("2026-03-01T12:00:00Z", "2026-03-01T12:00:00Z", "is not before --to"),
        ("2026-03-01T12:00:00Z", "2026-03-08T12:00:01Z", "is more than 7 days"),
        ("2026-03-01T12:00:00Z", "9999-03-01T12:00:00Z", "lies in the future"),
    ],
)
def test_a_window_that_makes_no_sense_is_refused(start: str, end: str, said: str) -> None:
    assert said in events.refusal("replay", "--from", start, "--to", end)


@pytest.mark.usefixtures("bus")
@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (("--type", "order.eaten"), "no rule lets 'order.eaten' through. There are: order.cancelled, order."),
        (("--consumer", "kitchen"), "no rule leads to 'kitchen'. They lead to: shop-"),
        (
            ("--consumer", "order_notifications", "--type", "order.cancelled"),
            "no rule that leads to the consumer lets the type through",
        ),
    ],
)
def test_what_nobody_listens_to_is_refused_with_what_there_is(wanted: tuple[str, ...], said: str) -> None:
    assert said in events.refusal("replay", *WINDOW, *wanted)


def test_a_bus_that_keeps_nothing_or_is_not_there_is_said_so(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EVENT_BUS", "forgetful")
    assert "EventBridge does not do it on the bus forgetful" in events.refusal("replay", *WINDOW)

    aws("events").create_event_bus(Name="forgetful")
    assert "the bus forgetful has no archive" in events.refusal("replay", *WINDOW)


def test_a_replay_that_fails_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing:
        def describe_replay(self, **_: str) -> dict[str, str]:
            return {"State": next(states), "StateReason": "it was too much"}

    monkeypatch.setattr(replay, "LOOK", 0.0)
    states = iter(["STARTING", "RUNNING", "FAILED"])
    with pytest.raises(EventsError, match="the replay it failed: it was too much"):
        list(replay.follow(Failing(), "it"))
    assert next(states, None) is None


def test_where_nothing_runs_it_says_how_to_start_it_or_to_look_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("EVENT_BUS", raising=False)

    said = events.refusal("replay", *WINDOW, "--state", str(tmp_path))

    assert "make up" in said
    assert "EVENT_BUS" in said


def test_the_bus_is_that_of_a_running_instance(
    aws: Aws, bus: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    me = os.getpid()
    entry = Entry(name="app-1", role="app", pid=me, create_time=start_time(me), port=None, command=[], log="")
    Ledger(tmp_path).record(entry)
    found = {**os.environ, "EVENT_BUS": bus}
    monkeypatch.delenv("EVENT_BUS")
    monkeypatch.setattr("psutil.Process.environ", lambda _: found)

    assert events("replay", *WINDOW, "--yes", "--state", str(tmp_path)).exit_code == 0
    assert len(taken(aws, bus, "order-notifications")) == 2

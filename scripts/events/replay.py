"""Replays of a bus' archive: what would be replayed, starting it, and what becomes of it."""

import json
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from scripts.events.errors import EventsError
from scripts.options import read_time

LONGEST = timedelta(days=7)  # of a window: a longer one is several replays, each looked at before the next
LOOK = 2.0  # seconds between two looks at a replay that runs
OVER = ("COMPLETED", "CANCELLED", "FAILED")


@dataclass(frozen=True)
class Window:
    """From when to when events are replayed; the end is not among them."""

    start: datetime
    end: datetime

    @classmethod
    def parse(cls, start: str, end: str) -> "Window":
        """Read both times.

        Raises:
            EventsError: one is no time, they are the wrong way round, too far apart, or not over yet.
        """
        window = cls(read_time("--from", start, EventsError), read_time("--to", end, EventsError))
        if window.start >= window.end:
            raise EventsError(f"--from {start} is not before --to {end}. Exchange them.")
        if window.end > datetime.now(UTC):
            raise EventsError(f"--to {end} lies in the future. Choose a time that has passed.")
        if window.end - window.start > LONGEST:
            raise EventsError(
                f"from {start} to {end} is more than {LONGEST.days} days. Replay a part of it, see what it "
                "does, and then the next one."
            )
        return window


@dataclass(frozen=True)
class Listener:
    """A rule of the bus: which types it lets through, and to which queues or functions."""

    arn: str
    name: str
    types: tuple[str, ...]
    targets: tuple[str, ...]

    def is_of(self, consumer: str) -> bool:
        """Tell whether the rule leads to a consumer: `order_inventory` to `...-order-inventory`."""
        return any(target.endswith(consumer.replace("_", "-")) for target in self.targets)


@dataclass(frozen=True)
class Plan:
    """What would be replayed.

    Attributes:
        bus_arn, archive, archive_arn: from where to where.
        window: what of it.
        listeners: the rules that would get it.
        events, size: how many events the whole archive has, and their bytes.
    """

    bus_arn: str
    archive: str
    archive_arn: str
    window: Window
    listeners: Sequence[Listener]
    events: int
    size: int


def plan(client: Any, bus: str, window: Window, types: Collection[str], consumers: Collection[str]) -> Plan:
    """Return what a replay would do, for the rules of these types and consumers; for all if none is named.

    Args:
        client: boto3's of EventBridge.
        bus: the bus' name.
        window: when the events happened.
        types, consumers: which rules are wanted.

    Raises:
        EventsError: the bus has no archive, or nobody listens to what is wanted.
    """
    arn = client.describe_event_bus(Name=bus)["Arn"]
    archives = client.list_archives(EventSourceArn=arn)["Archives"]
    if not archives:
        raise EventsError(
            f"the bus {bus} has no archive, and what is not kept cannot be replayed. Set bus.archive_days, "
            "and deploy: events are kept from then on."
        )
    archive = client.describe_archive(ArchiveName=archives[0]["ArchiveName"])
    return Plan(
        bus_arn=arn,
        archive=archive["ArchiveName"],
        archive_arn=archive["ArchiveArn"],
        window=window,
        listeners=_chosen(list(_listeners(client, bus)), types, consumers),
        events=archive.get("EventCount", 0),
        size=archive.get("SizeBytes", 0),
    )


def start(client: Any, wanted: Plan) -> str:
    """Start the replay and return its name."""
    name = f"{wanted.archive[:40]}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    client.start_replay(
        ReplayName=name,
        EventSourceArn=wanted.archive_arn,
        EventStartTime=wanted.window.start,
        EventEndTime=wanted.window.end,
        Destination={"Arn": wanted.bus_arn, "FilterArns": [listener.arn for listener in wanted.listeners]},
    )
    return name


def follow(client: Any, name: str) -> Iterator[tuple[str, datetime | None]]:
    """Yield the replay's state and the time of the last event that it replayed, until it is over.

    Raises:
        EventsError: it failed.
    """
    while True:
        found = client.describe_replay(ReplayName=name)
        yield found["State"], found.get("EventLastReplayedTime")
        if found["State"] == "FAILED":
            raise EventsError(f"the replay {name} failed: {found.get('StateReason', 'it does not say why')}.")
        if found["State"] in OVER:
            return
        time.sleep(LOOK)


def explained(error: ClientError | BotoCoreError, bus: str) -> EventsError:
    """Return what AWS said, with what to do about it."""
    return EventsError(f"EventBridge does not do it on the bus {bus}: {error}. See whether it is there.")


def _listeners(client: Any, bus: str) -> Iterator[Listener]:
    for page in client.get_paginator("list_rules").paginate(EventBusName=bus):
        for rule in page["Rules"]:
            if rule["Name"].startswith("Events-Archive-"):  # what fills the archive
                continue
            targets = client.list_targets_by_rule(EventBusName=bus, Rule=rule["Name"])["Targets"]
            yield Listener(
                arn=rule["Arn"],
                name=rule["Name"],
                types=tuple(json.loads(rule.get("EventPattern", "{}")).get("detail-type", [])),
                targets=tuple(target["Arn"].rpartition(":")[2] for target in targets),
            )


def _chosen(
    listeners: Sequence[Listener], types: Collection[str], consumers: Collection[str]
) -> Sequence[Listener]:
    """Return the rules that let one of the types through and lead to one of the consumers."""
    heard = sorted({type_ for listener in listeners for type_ in listener.types})
    for type_ in types:
        if type_ not in heard:
            raise EventsError(f"no rule lets {type_!r} through. There are: {', '.join(heard)}.")
    for consumer in consumers:
        if not any(listener.is_of(consumer) for listener in listeners):
            targets = sorted({target for listener in listeners for target in listener.targets})
            raise EventsError(f"no rule leads to {consumer!r}. They lead to: {', '.join(targets)}.")
    chosen = [
        listener
        for listener in listeners
        if (not types or set(types) & set(listener.types))
        and (not consumers or any(listener.is_of(consumer) for consumer in consumers))
    ]
    if not chosen:
        raise EventsError("no rule that leads to the consumer lets the type through. Leave one of them out.")
    return chosen

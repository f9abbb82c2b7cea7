"""From the outbox to the queue, without losing an event."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack, suppress
from typing import Any

import pytest

from app.main import create_app, resources
from app.platform import outbox
from app.platform.aws import Aws
from app.platform.database import Database
from app.platform.election import AdvisoryLockElection
from app.platform.outbox import Event
from app.platform.problems import UnavailableError
from app.platform.relay import Outgoing, Publish, Relay, packed, pause_after, to_bus
from app.platform.settings import Settings
from tests.app.platform.test_database import database_of
from tests.app.shop import Arrange, Headers, client, client_of, place
from tests.waiting import until, until_async

LOCK = 434_343
UNPUBLISHED = "SELECT count(*) FROM outbox WHERE published_at IS NULL"


class Sink:
    """A publisher that keeps what it is given; `refuse` says which payloads it does not accept, how often."""

    def __init__(self, refuse: dict[int, int] | None = None) -> None:
        self.accepted: list[int] = []
        self.calls = 0
        self._refusals = refuse or {}

    async def __call__(self, events: Sequence[Outgoing]) -> set[int]:
        self.calls += 1
        accepted = set()
        for event in events:
            number = number_of(event)
            if self._refusals.get(number, 0) > 0:
                self._refusals[number] -= 1
            else:
                self.accepted.append(number)
                accepted.add(event.id)
        return accepted


def number_of(event: Outgoing) -> int:
    return int(json.loads(event.payload)["data"]["number"])


@pytest.fixture
async def database(
    variables: dict[str, str], arrange: Arrange, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Database]:
    """The test's database, for a relay in a hurry."""
    monkeypatch.setattr("app.platform.election.RETRY", 0.02)
    monkeypatch.setattr("app.platform.relay.POLL", 0.02)
    monkeypatch.setattr("app.platform.relay.FIRST_PAUSE", 0.02)
    async with database_of(variables) as found:
        yield found


def relay(database: Database, publish: Publish) -> Relay:
    return Relay(database, AdvisoryLockElection(database, LOCK), publish)


async def happen(database: Database, numbers: Iterable[int], aggregate: str = "") -> None:
    """Commit events with these numbers, of one aggregate or of one each."""
    async with database.transaction() as session:
        for number in numbers:
            data = {"number": number}
            event = Event(type="test.happened", aggregate_id=aggregate or f"aggregate-{number}", data=data)
            await outbox.append(session, event)


async def until_published(arrange: Arrange) -> None:
    """Wait until nothing is left in the outbox."""
    await until_async(lambda: arrange.value(f"SELECT ({UNPUBLISHED}) = 0"))


async def test_events_leave_in_the_order_in_which_they_were_written(
    database: Database, arrange: Arrange
) -> None:
    sink = Sink()
    await happen(database, range(25))

    async with relay(database, sink).running():
        await until_published(arrange)
        await happen(database, range(25, 60), aggregate="one")
        await until_published(arrange)

    assert sink.accepted == list(range(60))


async def test_an_event_of_a_slot_that_moves_leaves_from_the_slots_owner_only(
    database: Database, arrange: Arrange
) -> None:
    sink = Sink()
    async with database.transaction() as session:
        for slot, state in ((1, "owned"), (2, "incoming"), (3, "moved")):
            target = 2 if state == "moved" else None
            await session.execute("INSERT INTO shard_slots VALUES ($1, $2, 0, $3)", slot, state, target)
        for slot in (1, 2, 3, 4):  # of the fourth, this database knows nothing: it stands alone
            event = Event(type="test.happened", aggregate_id=str(slot), data={"number": slot}, slot=slot)
            await outbox.append(session, event)

    async with relay(database, sink).running():
        await until(lambda: len(sink.accepted) == 2)
        async with database.transaction() as session:
            await session.execute("UPDATE shard_slots SET state = 'owned' WHERE slot = 2")
        await until_async(lambda: arrange.value(f"SELECT ({UNPUBLISHED}) = 1"))

    assert sink.accepted == [1, 4, 2]
    assert await arrange.rows("SELECT slot FROM outbox WHERE published_at IS NULL") == [{"slot": 3}]


async def test_an_event_of_a_transaction_that_fails_never_happened(
    database: Database, arrange: Arrange
) -> None:
    sink = Sink()
    with suppress(LookupError):
        async with database.transaction() as session:
            await outbox.append(session, Event(type="test.happened", aggregate_id="a", data={"number": 1}))
            raise LookupError
    await happen(database, [2])

    async with relay(database, sink).running():
        await until_published(arrange)

    assert sink.accepted == [2]


async def test_of_a_batch_that_is_accepted_in_part_only_the_rest_is_sent_again(
    database: Database, arrange: Arrange
) -> None:
    sink = Sink(refuse={3: 2, 7: 1})
    await happen(database, range(12))

    async with relay(database, sink).running():
        await until_published(arrange)

    assert sorted(sink.accepted) == list(range(12))


async def test_an_event_that_is_not_accepted_holds_back_its_aggregate_and_no_other(
    database: Database, arrange: Arrange
) -> None:
    sink = Sink(refuse={1: 3})
    await happen(database, [0, 1, 2, 3], aggregate="stuck")
    await happen(database, [10, 11], aggregate="free")

    async with relay(database, sink).running():
        await until_published(arrange)

    assert [number for number in sink.accepted if number < 10] == [0, 1, 2, 3]
    assert sink.accepted.index(11) < sink.accepted.index(1)


async def test_a_relay_that_dies_between_the_yes_and_its_mark_repeats_and_loses_nothing(
    database: Database, arrange: Arrange
) -> None:
    sink = Sink()
    deaths = 2

    async def dying(events: Sequence[Outgoing]) -> set[int]:
        nonlocal deaths
        accepted = await sink(events)
        if deaths:
            deaths -= 1
            raise RuntimeError("died")
        return accepted

    await happen(database, range(5))
    async with relay(database, dying).running():
        await until_published(arrange)

    assert sink.accepted == list(range(5)) * 3


async def test_while_the_primary_is_away_the_relay_waits_and_goes_on_afterwards(
    database: Database, arrange: Arrange
) -> None:
    sink = Sink()
    async with relay(database, sink).running():
        await happen(database, [1])
        await until_published(arrange)
        ended = await arrange.value(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'test'"
        )
        assert ended >= 2
        await come_back_until_it_happens(database, 2)
        await until_published(arrange)

    assert sink.accepted == [1, 2]


async def come_back_until_it_happens(database: Database, number: int) -> None:
    """Commit an event as a client does that is told to come back."""

    async def happens() -> bool:
        with suppress(UnavailableError):
            await happen(database, [number])
            return True
        return False

    await until_async(happens)


async def test_of_several_instances_one_publishes_and_another_takes_over_when_it_ends(
    database: Database, arrange: Arrange
) -> None:
    sinks = [Sink() for _ in range(3)]
    async with AsyncExitStack() as instances:
        ends = []
        for sink in sinks:
            ends.append(instance := AsyncExitStack())
            await instances.enter_async_context(instance)
            await instance.enter_async_context(relay(database, sink).running())
        for number in range(20):
            await happen(database, [number])
        await until_published(arrange)
        [leader] = [place for place, sink in enumerate(sinks) if sink.calls]
        assert sinks[leader].accepted == list(range(20))

        await ends[leader].aclose()
        await happen(database, [99])
        await until_published(arrange)

    assert [sink.accepted for sink in sinks if sink.accepted != list(range(20))] in ([[99], []], [[], [99]])


async def test_a_placed_order_arrives_in_the_queue_as_the_event_that_the_consumers_know(
    variables: dict[str, str], orders_queue: str, arrange: Arrange, ada: Headers
) -> None:
    number = await arrange.product()
    application = create_app()
    async with resources(application, Settings.from_environment(variables)), client_of(application) as shop:
        placed = (await place(shop, ada, (number, 1))).json()
        await until_published(arrange)

    [message] = messages(variables, orders_queue)
    event = json.loads(message["Body"])
    assert event.pop("id")
    assert event.pop("occurred_at").endswith("+00:00")
    assert event == {
        "type": "order.placed",
        "version": 1,
        "aggregate_id": placed["id"],
        "data": {"order_id": placed["id"], "lines": [{"product_id": number, "quantity": 1}]},
    }


async def test_while_the_bus_is_away_orders_are_taken_and_their_events_follow_later(
    *,
    variables: dict[str, str],
    orders_queue: str,
    arrange: Arrange,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    ada: Headers,
) -> None:
    monkeypatch.setattr("app.platform.relay.FIRST_PAUSE", 0.05)
    number = await arrange.product()
    application = create_app()
    async with AsyncExitStack() as stack:
        away = stack.enter_context(pytest.MonkeyPatch.context())
        away.setattr(Aws, "call", no_events(Aws.call))
        await stack.enter_async_context(resources(application, Settings.from_environment(variables)))
        shop = await stack.enter_async_context(client_of(application))
        answers = [await place(shop, ada, (number, 1)) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [201] * 3
        await until(lambda: "the bus accepts no events" in caplog.text)
        assert await arrange.value(UNPUBLISHED) == 3

        away.undo()
        await until_published(arrange)

    assert len(messages(variables, orders_queue)) == 3


def no_events(call: Any) -> Any:
    """Calls of AWS, of which EventBridge answers none."""

    async def refuse(aws: Aws, service: str, operation: str, **parameters: Any) -> Any:
        if service == "events":
            raise UnavailableError("away")
        return await call(aws, service, operation, **parameters)

    return refuse


@pytest.mark.parametrize(("region", "relays"), [("", True), ("eu-west-1", False)])
async def test_a_shop_in_another_region_than_the_events_leaves_the_outbox_to_those_there(
    variables: dict[str, str], monkeypatch: pytest.MonkeyPatch, region: str, *, relays: bool
) -> None:
    monkeypatch.setenv("EVENTS_REGION", region)

    async with resources(create_app()):
        running = {task.get_name() for task in asyncio.all_tasks()}

    assert ("outbox relay" in running) is relays


async def test_entries_that_the_bus_refuses_are_not_marked(caplog: pytest.LogCaptureFixture) -> None:
    class PartialBus(Aws):
        async def call(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
            assert (service, operation) == ("events", "put_events")
            assert [entry["DetailType"] for entry in parameters["Entries"]] == ["a.b"] * 3
            assert parameters["Entries"][0] == {
                "EventBusName": "shop",
                "Source": "shop",
                "DetailType": "a.b",
                "Detail": '{"type": "a.b"}',
            }
            refused = {"ErrorCode": "ThrottlingException", "ErrorMessage": "Rate exceeded"}
            return {"FailedEntryCount": 1, "Entries": [{"EventId": "x"}, refused, {"EventId": "y"}]}

    events = [Outgoing(place, f"a{place}", "a.b", '{"type": "a.b"}') for place in (1, 2, 3)]
    with PartialBus() as aws:
        accepted = await to_bus(aws, "shop")(events)

    assert accepted == {1, 3}
    assert "the bus refused an event" in caplog.text


async def test_while_the_bus_is_away_nothing_is_accepted(caplog: pytest.LogCaptureFixture) -> None:
    class NoBus(Aws):
        async def call(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
            raise UnavailableError("away")

    with NoBus() as aws:
        assert await to_bus(aws, "shop")([Outgoing(1, "a", "a.b", '{"type": "a.b"}')]) == set()

    assert "the bus accepts no events" in caplog.text


def test_batches_keep_the_limits_of_the_bus_and_one_event_an_aggregate() -> None:
    small = [Outgoing(number, f"a{number}", "a.b", "x") for number in range(23)]
    assert [len(batch) for batch in packed(small)] == [10, 10, 3]

    large = [Outgoing(number, f"a{number}", "a.b", "é" * 50_000) for number in range(5)]
    assert [len(batch) for batch in packed(large)] == [2, 2, 1]

    related = [Outgoing(number, aggregate, "a.b", "x") for number, aggregate in enumerate("aabcacc")]
    assert ["".join(event.aggregate_id for event in batch) for batch in packed(related)] == [
        "a",
        "abc",
        "ac",
        "c",
    ]
    assert list(packed([])) == []


def test_pauses_grow_with_the_failures_and_end_at_a_limit() -> None:
    assert all(0 <= pause_after(1) <= 0.5 for _ in range(50))
    assert max(pause_after(4) for _ in range(200)) > 2
    assert all(pause_after(100_000) <= 5 for _ in range(50))


def messages(variables: dict[str, str], queue: str) -> list[dict[str, Any]]:
    """Return what is in the queue."""
    received = client(variables, "sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
    found: list[dict[str, Any]] = received.get("Messages", [])
    return found

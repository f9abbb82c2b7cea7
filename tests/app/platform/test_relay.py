"""From the outbox to the queue, without losing an event."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from typing import Any

import pytest

from app.main import create_app, resources
from app.platform import outbox
from app.platform.aws import Aws
from app.platform.database import Database
from app.platform.destinations import Destination, Outgoing
from app.platform.election import AdvisoryLockElection
from app.platform.outbox import Event
from app.platform.problems import UnavailableError
from app.platform.relay import Relay
from app.platform.settings import Settings
from tests.app.platform.test_database import database_of
from tests.app.shop import Arrange, Headers, client, client_of, place
from tests.app.sink import UNPUBLISHED, Sink, claimed, happen, until_published
from tests.waiting import until, until_async

LOCK = 434_343


@pytest.fixture
async def database(
    variables: dict[str, str], arrange: Arrange, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Database]:
    """The test's database, for a relay in a hurry."""
    monkeypatch.setattr("app.platform.election.RETRY", 0.02)
    monkeypatch.setattr("app.platform.relay.POLL", 0.02)
    monkeypatch.setattr("app.platform.retries.FIRST_PAUSE", 0.02)
    async with database_of(variables) as found:
        yield found


def relay(database: Database, *sinks: Sink | Destination) -> Relay:
    destinations = [sink.destination() if isinstance(sink, Sink) else sink for sink in sinks]
    return Relay(database, AdvisoryLockElection(database, LOCK), destinations)


async def test_events_of_an_aggregate_leave_in_the_order_in_which_they_were_written(
    database: Database, arrange: Arrange
) -> None:
    sink = Sink()
    await happen(database, range(25))

    async with relay(database, sink).running():
        await until_published(arrange)
        await happen(database, range(25, 60), aggregate="one")
        await until_published(arrange)

    assert sorted(sink.accepted) == list(range(60))
    assert [number for number in sink.accepted if number >= 25] == list(range(25, 60))


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

    assert sorted(sink.accepted[:2]) == [1, 4]
    assert sink.accepted[2:] == [2]
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


async def test_more_refused_events_than_a_round_holds_keep_no_later_ones_in(
    database: Database, arrange: Arrange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.platform.relay.PAGE", 3)
    sink = Sink(refuse=dict.fromkeys(range(7), 1_000_000))
    await happen(database, range(20))

    async with relay(database, sink).running():
        await until_async(lambda: arrange.value(f"SELECT ({UNPUBLISHED}) = 7"))

    assert sorted(sink.accepted) == list(range(7, 20))


async def test_a_relay_that_dies_between_the_yes_and_its_mark_repeats_and_loses_nothing(
    database: Database, arrange: Arrange
) -> None:
    sink = Sink()
    deaths = 2

    async def dying(events: Sequence[Outgoing]) -> set[int]:
        nonlocal deaths
        accepted = await sink.send(events)
        if deaths:
            deaths -= 1
            raise RuntimeError("died")
        return accepted

    await happen(database, range(5))
    async with relay(database, replace(sink.destination(), send=dying)).running():
        await until_published(arrange)

    assert sink.accepted == list(range(5)) * 3


async def test_what_one_destination_took_is_sent_again_to_the_other_only(
    database: Database, arrange: Arrange
) -> None:
    every, some = Sink(), Sink(refuse={1: 3})
    await happen(database, [0, 1, 2], type_="test.important")
    await happen(database, [3])

    async with relay(database, every, some.destination("some", "test.important")).running():
        await until_published(arrange)

    assert sorted(every.accepted) == [0, 1, 2, 3]
    assert sorted(some.accepted) == [0, 1, 2]


async def test_an_event_is_marked_once_each_of_its_destinations_took_it(
    database: Database, arrange: Arrange
) -> None:
    every, none = Sink(), Sink(refuse={0: 10**9})
    await happen(database, [0], type_="test.important")
    await happen(database, [1])

    async with relay(database, every, none.destination("none", "test.important")).running():
        await until(lambda: none.calls > 2)
        assert await arrange.value(UNPUBLISHED) == 1

    assert sorted(every.accepted) == [0, 1]


async def test_a_destination_that_is_down_holds_up_what_goes_there_and_nothing_else(
    database: Database, arrange: Arrange
) -> None:
    sink, there = Sink(), Sink()
    is_down = True

    async def send(events: Sequence[Outgoing]) -> set[int]:
        if is_down:
            raise UnavailableError("down")
        return await there.send(events)

    down = replace(there.destination("there", "test.important"), send=send)
    await happen(database, [0, 1], aggregate="both", type_="test.important")
    await happen(database, [2], aggregate="both")
    await happen(database, [3])
    async with relay(database, sink, down).running():
        await until(lambda: 3 in sink.accepted)
        assert await arrange.value(UNPUBLISHED) >= 3
        is_down = False
        await until_published(arrange)

    assert there.accepted == [0, 1]
    assert [number for number in sink.accepted if number != 3] == [0, 1, 2]


async def test_an_event_that_is_too_large_waits_with_its_aggregate_and_stops_no_other(
    database: Database, arrange: Arrange, caplog: pytest.LogCaptureFixture
) -> None:
    sink = Sink()
    small = replace(sink.destination(), limits=sink.destination().limits._replace(each=400))
    large = Event(type="test.happened", aggregate_id="large", data={"number": 0, "padding": "x" * 400})
    async with database.transaction() as session:
        await outbox.append(session, large)
    await happen(database, [1], aggregate="large")
    await happen(database, range(2, 30))

    async with relay(database, small).running():
        await until_async(lambda: arrange.value(f"SELECT ({UNPUBLISHED}) = 2"))

    assert sorted(sink.accepted) == list(range(2, 30))
    assert "an event is too large" in caplog.text


async def test_an_event_that_no_bus_would_take_is_refused_where_it_is_written(database: Database) -> None:
    large = Event(type="test.happened", aggregate_id="large", data={"padding": "x" * outbox.LARGEST})

    with pytest.raises(outbox.TooLargeError, match=r"test\.happened of large has 24\d+ bytes, not 240000"):
        async with database.transaction() as session:
            await outbox.append(session, large)


async def test_rounds_at_once_take_other_aggregates_and_never_a_later_event_of_the_same(
    database: Database,
) -> None:
    await happen(database, [1, 2, 3], aggregate="a")
    async with claimed(database) as first:
        await happen(database, [4, 5], aggregate="b")
        async with claimed(database) as second, claimed(database) as third:
            assert (first, second, third) == ([1], [4], [])


async def test_aggregates_that_are_left_alone_are_not_claimed(database: Database) -> None:
    await happen(database, [1, 2], aggregate="a")
    await happen(database, [3], aggregate="b")

    async with claimed(database, "a") as found:
        assert found == [3]


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
    monkeypatch.setattr("app.platform.retries.FIRST_PAUSE", 0.05)
    number = await arrange.product()
    application = create_app()
    async with AsyncExitStack() as stack:
        away = stack.enter_context(pytest.MonkeyPatch.context())
        away.setattr(Aws, "call", no_events(Aws.call))
        await stack.enter_async_context(resources(application, Settings.from_environment(variables)))
        shop = await stack.enter_async_context(client_of(application))
        answers = [await place(shop, ada, (number, 1)) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [201] * 3
        await until(lambda: "a destination takes no events" in caplog.text)
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


def messages(variables: dict[str, str], queue: str) -> list[dict[str, Any]]:
    """Return what is in the queue."""
    received = client(variables, "sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
    found: list[dict[str, Any]] = received.get("Messages", [])
    return found

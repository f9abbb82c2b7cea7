"""A day's report is made once, of all shards, and by nobody whose time as the leader is over."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from datetime import UTC, date, datetime, timedelta

import pytest

from app.orders.states import State
from app.platform.database import Database
from app.platform.election import AdvisoryLockElection, Term
from app.platform.fencing import DeposedError
from app.platform.problems import NotFoundError, UnavailableError
from app.platform.settings import Settings
from app.platform.shards import Shards
from app.reports.reporter import LOOK_BACK, Reporter, days_due
from app.reports.schemas import SoldProduct, Takings
from app.reports.service import Reports
from tests.app.fleet import broken
from tests.app.world import CUSTOMERS, ELSEWHERE, World, customer_at
from tests.waiting import until_async

TODAY = datetime.now(UTC).date()
KEY = 0x74657374
TERMS = "SELECT coalesce(max(token), 0) FROM leader_terms WHERE duty = 'lock-74657374'"


@pytest.fixture
def reports(world: World) -> Reports:
    return Reports(world.shards, world.fleet.databases[1])


@pytest.fixture
async def term(world: World) -> AsyncIterator[Term]:
    """The time for which this test leads."""
    async with AdvisoryLockElection(world.fleet.databases[1], KEY).term() as term:
        yield term


async def become(world: World, state: State, order: object) -> None:
    for connection in world.fleet.connections.values():
        await connection.execute("UPDATE orders SET status = $1 WHERE id = $2", state, order)


async def test_a_report_counts_the_orders_of_all_shards_and_what_was_paid_and_kept(
    world: World, reports: Reports, term: Term
) -> None:
    states: tuple[State, ...] = ("placed", "paid", "delivered", "cancelled", "refunded")
    placed = [await world.place(customer, 2) for customer in CUSTOMERS[:5]]
    for order, state in zip(placed, states, strict=True):
        await become(world, state, order.id)

    await reports.make(TODAY, term)
    report = await reports.find(TODAY)

    assert report.orders == dict.fromkeys(states, 1)
    total = sum(order.total_minor for order in placed[1:3])
    assert report.takings == [Takings(currency=placed[0].currency, orders=2, total_minor=total)]
    name = placed[0].lines[0].product_name
    assert report.best_sellers == [SoldProduct(product_id=world.product, product_name=name, pieces=4)]


async def test_orders_of_other_days_do_not_count(world: World, reports: Reports, term: Term) -> None:
    await world.place(ELSEWHERE)
    for day in (TODAY - timedelta(days=1), TODAY + timedelta(days=1)):
        report = await reports.make(day, term)
        assert (report.orders, report.takings, report.best_sellers) == ({}, [], [])


async def test_the_orders_of_a_slot_that_left_count_where_it_went(
    world: World, reports: Reports, term: Term
) -> None:
    order = await world.place(customer_at(1))
    await world.fleet.connections[1].execute(
        "UPDATE shard_slots SET state = 'moved', moved_to = 2 WHERE slot = slot_of_id($1)", order.id
    )
    assert (await reports.make(TODAY, term)).orders == {}


async def test_a_day_has_one_report_which_a_second_one_does_not_change(
    world: World, reports: Reports, term: Term
) -> None:
    first = await reports.make(TODAY, term)
    await world.place(ELSEWHERE)
    await reports.make(TODAY, term)
    assert await reports.find(TODAY) == first


async def test_who_led_before_cannot_write_a_report_any_more(
    world: World, reports: Reports, term: Term
) -> None:
    database = world.fleet.databases[1]
    async with database.transaction() as session:
        await term.guard(session)
        await session.execute("UPDATE leader_terms SET token = token + 1")  # who leads by now has written
    with pytest.raises(DeposedError):
        await reports.make(TODAY, term)
    with pytest.raises(NotFoundError, match=str(TODAY)):
        await reports.find(TODAY)


async def test_half_a_report_is_none(world: World, settings: Settings, term: Term) -> None:
    async with broken(settings) as down:
        databases = {**world.fleet.databases, 2: down}

        async def learn() -> Mapping[int, Database]:
            return databases

        reports = Reports(Shards(databases, learn), world.fleet.databases[1])
        with pytest.raises(UnavailableError):
            await reports.make(TODAY, term)
        with pytest.raises(NotFoundError):
            await reports.find(TODAY)


async def test_of_several_processes_one_makes_the_reports_that_are_due(
    world: World, reports: Reports
) -> None:
    database = world.fleet.databases[1]
    reporters = [Reporter(reports, AdvisoryLockElection(database, KEY)) for _ in range(3)]
    due = days_due(datetime.now(UTC))
    terms = await world.value(TERMS)

    async def are_made() -> bool:
        return not await reports.missing(due)

    async with AsyncExitStack() as stack:
        for reporter in reporters:
            await stack.enter_async_context(reporter.running())
        await until_async(are_made)
    assert await world.value("SELECT count(*) FROM daily_reports") == LOOK_BACK
    assert await world.value(TERMS) == terms + 1


@pytest.mark.parametrize(
    ("now", "last"),
    [("2026-03-01T00:59:00+00:00", "2026-02-27"), ("2026-03-01T01:00:00+00:00", "2026-02-28")],
)
def test_a_day_is_due_an_hour_after_its_end(now: str, last: str) -> None:
    due = days_due(datetime.fromisoformat(now))
    assert due[-1] == date.fromisoformat(last)
    assert len(due) == LOOK_BACK == len(set(due))
    assert due == sorted(due)

"""One leader at a time, whatever clocks show, networks lose and processes sleep through."""

from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import uuid4

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from app.main import create_app, resources
from app.platform import leases
from app.platform.aws import Aws
from app.platform.database import Database
from app.platform.fencing import DeposedError
from app.platform.leases import LEASE, Lease, LeaseElection
from app.platform.problems import UnavailableError
from app.platform.table import Condition, ConditionError, Item, Table
from tests.app.platform.candidates import all_lead_in_turn
from tests.app.platform.test_database import database_of
from tests.app.shop import Arrange, client, throttled
from tests.waiting import until, until_async

T = TypeVar("T")


@pytest.fixture
def table(variables: dict[str, str]) -> Iterator[Table]:
    """A table of leases, as the stack has it."""
    dynamodb, name = client(variables, "dynamodb"), f"leases-{uuid4().hex[:8]}"
    dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "lease_id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "lease_id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    with Aws() as aws:
        yield Table(aws, name)
    dynamodb.delete_table(TableName=name)


@pytest.fixture
async def database(variables: dict[str, str], arrange: Arrange) -> AsyncIterator[Database]:
    """The test's database, which has seen no term of a lease."""
    await arrange.connection.execute("DELETE FROM leader_terms WHERE duty LIKE 'lease-%'")
    async with database_of(variables) as found:
        yield found
    await arrange.connection.execute("DELETE FROM leader_terms WHERE duty LIKE 'lease-%'")


@pytest.fixture
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let candidates look often."""
    monkeypatch.setattr(leases, "LOOK", 0.01)


class Clock:
    """Shows what it is told."""

    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.usefixtures("hurry")
async def test_one_of_many_candidates_leads_and_the_next_follows_when_it_resigns(table: Table) -> None:
    assert await all_lead_in_turn(lambda: LeaseElection(table, "duty"), 4)


async def test_each_term_has_a_higher_token_also_after_the_table_was_made_anew(table: Table) -> None:
    first, second = Lease(table, "duty", "first"), Lease(table, "duty", "second")
    assert await first.take()
    await first.give_up()
    assert await second.take()
    assert second.token == first.token + 1

    anew = Lease(table, "other", "third")
    assert await anew.take()
    assert anew.token >= second.token


async def test_a_lease_is_taken_when_it_was_not_renewed_for_its_time_and_no_sooner(table: Table) -> None:
    clock = Clock()
    dead, candidate = (Lease(table, "duty", name, clock) for name in ("dead", "candidate"))
    assert await dead.take()
    assert not await candidate.take()

    clock.now += LEASE - 0.1
    await dead.renew()
    assert not await candidate.take()
    clock.now += LEASE - 0.1
    assert not await candidate.take()
    assert not dead.is_held
    clock.now += 0.2
    assert await candidate.take()

    with pytest.raises(DeposedError, match="another process has taken the lease duty"):
        await dead.renew()
    assert candidate.is_held
    await dead.give_up()
    await candidate.renew()


async def test_leases_of_other_duties_do_not_hinder(table: Table) -> None:
    async with LeaseElection(table, "a").term(), LeaseElection(table, "b").term():
        pass


@pytest.mark.usefixtures("hurry")
async def test_a_lease_is_renewed_as_long_as_its_holder_lives(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "RENEWAL", 0.01)
    async with LeaseElection(table, "duty").term() as term:
        before = await table.get({"lease_id": "duty"})
        assert before

        async def renewed() -> bool:
            now = await table.get({"lease_id": "duty"})
            return bool(now and now["renewals"] > before["renewals"] + 2)

        await until_async(renewed)
        await term.confirm()


@pytest.mark.usefixtures("hurry")
async def test_while_dynamodb_is_away_a_leader_leads_until_its_lease_has_run_out(
    table: Table, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock()
    monkeypatch.setattr(leases, "RENEWAL", 0.01)
    async with AsyncExitStack() as stack:
        term = await stack.enter_async_context(LeaseElection(table, "duty", clock).term())
        with throttled(monkeypatch):
            await until(lambda: "a lease is not renewed" in caplog.text)
            await term.confirm()
            clock.now += LEASE
            with pytest.raises(DeposedError, match="the lease duty has run out"):
                await term.confirm()
            await stack.aclose()
    assert "a lease is left to run out" in caplog.text


async def test_a_leader_that_was_paused_is_refused_where_it_writes(
    table: Table, database: Database, arrange: Arrange
) -> None:
    """It asked whether it leads, and slept before it wrote: its own clock cannot help it."""
    clock = Clock()
    number = await arrange.product(name="Old")
    async with LeaseElection(table, "duty").term() as paused:
        await paused.confirm()
        successor = Lease(table, "duty", "successor", clock)
        assert not await successor.take()
        clock.now += LEASE
        assert await successor.take()
        async with database.transaction() as session:
            await leases._LeaseHeld(successor).guard(session)
            await session.execute("UPDATE products SET name = 'New'")

        async def wake_up_and_write() -> None:
            async with database.transaction() as session:
                await session.execute("UPDATE products SET name = 'Late'")
                await paused.guard(session)

        with pytest.raises(DeposedError, match="a later term"):
            await wake_up_and_write()
    assert await arrange.value("SELECT name FROM products WHERE id = $1", number) == "New"


async def test_the_relay_of_a_shop_that_has_leases_holds_one_for_each_shard_and_gives_it_back(
    variables: dict[str, str], table: Table, arrange: Arrange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEASES_TABLE", table._named["TableName"])

    async def holder() -> str | None:
        item = await table.get({"lease_id": "outbox-relay-1"})
        return str(item["held_by"]) if item else None

    async with resources(create_app()):
        await until_async(holder)
    assert await holder() == ""
    await arrange.connection.execute("DELETE FROM leader_terms WHERE duty LIKE 'lease-%'")


class World:
    """True time, and an item that it takes time to reach."""

    def __init__(self) -> None:
        self.now = 0.0
        self.item: dict[str, Any] | None = None


class SlowTable(Table):
    """A table in memory, behind a network."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.network = Network()

    async def get(self, key: Item) -> Item | None:
        self.world.now += self.network.there
        found = self.world.item and dict(self.world.item)
        self._return()
        return found

    async def put(self, item: Item, condition: Condition) -> None:
        self.world.now += self.network.there
        holds = self._holds(condition)
        if holds:
            self.world.item = dict(item)
        self._return()
        if not holds:
            raise ConditionError

    def _return(self) -> None:
        self.world.now += self.network.back
        if self.network.is_lost:
            raise UnavailableError("lost")

    def _holds(self, condition: Condition) -> bool:
        if condition.expression == "attribute_not_exists(lease_id)":
            return self.world.item is None
        terms = [term.split(" = :") for term in condition.expression.split(" AND ")]
        return self.world.item is not None and all(
            self.world.item[name] == condition.values[value] for name, value in terms
        )


def finish(work: Coroutine[Any, Any, T]) -> T:
    """Return what a coroutine returns that never waits."""
    try:
        work.send(None)
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]
    raise AssertionError("it waits")


@dataclass(frozen=True)
class Network:
    """How long the next call takes to the table and back, and whether its answer is lost."""

    there: float = 0.0
    back: float = 0.0
    is_lost: bool = False


def test_a_lease_counts_from_when_it_was_asked_for_and_not_from_the_answer() -> None:
    world = World()
    table = SlowTable(world)
    lease = Lease(table, "duty", "slow", lambda: world.now)
    for ask in (lease.take, lease.renew):
        table.network = Network(there=LEASE / 3, back=LEASE / 3)
        finish(ask())
        assert lease.is_held
        world.now += LEASE * 0.3
        assert not lease.is_held


def test_a_lease_that_is_renewed_between_look_and_grasp_is_not_taken() -> None:
    world = World()
    holder = Lease(SlowTable(world), "duty", "holder", lambda: world.now)

    class Overtaken(SlowTable):
        async def get(self, key: Item) -> Item | None:
            found = await super().get(key)
            await holder.renew()
            return found

    finish(holder.take())
    candidate = Lease(SlowTable(world), "duty", "candidate", lambda: world.now)
    assert not finish(candidate.take())
    world.now += LEASE
    candidate.table = Overtaken(world)

    assert not finish(candidate.take())
    assert holder.is_held


NODES = 3
nodes = st.integers(0, NODES - 1)
delays = st.sampled_from([LEASE / 8, LEASE * 0.8, LEASE * 0.95, LEASE * 1.1]) | st.floats(0, LEASE * 1.5)
short = st.floats(0, 1)
seldom = st.sampled_from([False, False, False, True])
quick = st.builds(Network, short, short, seldom)
slow = st.builds(Network, delays, delays, seldom)


class Elections(RuleBasedStateMachine):
    """Processes whose clocks run at a different pace, on a slow network that loses answers."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.tokens: list[int] = []
        self.tables = [SlowTable(self.world) for _ in range(NODES)]
        self.leases = [self._lease(number) for number in range(NODES)]

    def _lease(self, number: int) -> Lease:
        pace = (0.96, 1.0, 1.04)[number]
        return Lease(
            self.tables[number], "duty", f"node-{number}", lambda: 1e6 * number + self.world.now * pace
        )

    def _attempt(self, number: int, network: Network, work: Coroutine[Any, Any, T]) -> T | None:
        self.tables[number].network = network
        try:
            return finish(work)
        except (UnavailableError, DeposedError):
            return None

    @rule(seconds=delays)
    def time_passes(self, seconds: float) -> None:
        self.world.now += seconds

    @rule(number=nodes, network=quick | slow)
    def look(self, number: int, network: Network) -> None:
        lease = self.leases[number]
        if not lease.is_held and self._attempt(number, network, lease.take()):
            self.tokens.append(lease.token)

    @rule(number=nodes, there=short, back=short, leases=st.sampled_from([0.85, 0.95, 1.0, 1.05, 1.15]))
    def outwait(self, number: int, there: float, back: float, leases: float) -> None:
        """A candidate looks, and looks again when the lease may have run out."""
        network = Network(there, back)
        self.look(number, network)
        self.world.now += LEASE * leases
        self.at_most_one_leads()
        self.look(number, network)

    @precondition(lambda self: any(lease.is_held for lease in self.leases))
    @rule(network=quick | slow)
    def renew(self, network: Network) -> None:
        number = next(number for number, lease in enumerate(self.leases) if lease.is_held)
        self._attempt(number, network, self.leases[number].renew())

    @rule(number=nodes, network=quick)
    def renew_late(self, number: int, network: Network) -> None:
        """A process that slept renews what it may have lost."""
        if self.leases[number].token:
            self._attempt(number, network, self.leases[number].renew())

    @rule(number=nodes, network=quick)
    def resign(self, number: int, network: Network) -> None:
        if self.leases[number].is_held:
            self._attempt(number, network, self.leases[number].give_up())

    @precondition(lambda self: any(lease.is_held for lease in self.leases))
    @rule(number=nodes)
    def die(self, number: int) -> None:
        self.leases[number] = self._lease(number)
        self.leases[number].me = f"node-{number}-{uuid4()}"

    @invariant()
    def at_most_one_leads(self) -> None:
        assert sum(lease.is_held for lease in self.leases) <= 1

    @invariant()
    def tokens_grow(self) -> None:
        assert all(before < after for before, after in zip(self.tokens, self.tokens[1:], strict=False))


TestElections = Elections.TestCase
TestElections.settings = settings(max_examples=200, stateful_step_count=30, deadline=None)

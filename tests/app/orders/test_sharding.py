"""Orders on several shards, with the products on the first."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from alembic import command

from app.catalog.service import Catalog
from app.main import create_app, resources
from app.orders import store
from app.orders.reservations import Sweeper
from app.orders.schemas import NewOrder
from app.orders.service import Orders, OutOfStockError
from app.orders.sharding import slot_of_customer
from app.platform import cache, outbox
from app.platform.database import Database
from app.platform.election import AdvisoryLockElection
from app.platform.founding import found
from app.platform.migrations import SCRIPTS, migrate_all
from app.platform.postgres import ServerLostError
from app.platform.problems import UnavailableError
from app.platform.settings import Address, Settings
from app.platform.shards import Shards
from app.platform.slots import placed, slot_of_id
from scripts.local.runtime.servers import postgres
from tests.app.fleet import Fleet, broken, fleet_of
from tests.app.shop import Arrange, client, client_of, order
from tests.waiting import until

CUSTOMERS = [f"customer-{number}@example.com" for number in range(20)]
PLACEMENT = placed([1, 2, 3])
ELSEWHERE = next(email for email in CUSTOMERS if PLACEMENT[slot_of_customer(email)] == 2)
STOCK = "SELECT stock FROM products"
RESERVED = "SELECT count(*) FROM reservations"


@dataclass(frozen=True)
class World:
    """Three shards with orders, and one product of which there are 100."""

    fleet: Fleet
    shards: Shards
    orders: Orders
    product: int

    def new(self, email: str, quantity: int = 1) -> NewOrder:
        return NewOrder.model_validate(order((self.product, quantity), email=email))

    def with_shards(self, databases: Mapping[int, Database], catalog: Catalog) -> Orders:
        async def learn() -> Mapping[int, Database]:
            return databases

        return Orders(Shards(databases, learn), databases[1], catalog)

    async def value(self, sql: str) -> Any:
        return await self.fleet.connections[1].fetchval(sql)

    async def expire(self) -> None:
        """Let all reservations be over, and settle them."""
        await self.fleet.connections[1].execute("UPDATE reservations SET expires_at = now() - interval '1 s'")
        election = AdvisoryLockElection(self.fleet.databases[1], 1)
        await Sweeper(self.fleet.databases[1], self.shards, election).settle()


@pytest.fixture
async def world(
    settings: Settings, primary: postgres.Running, five_databases: list[str]
) -> AsyncIterator[World]:
    async with (
        fleet_of(five_databases[:3], settings, primary) as fleet,
        cache.opened(settings.cache_url) as shared_cache,
    ):
        await found(fleet.databases)

        async def learn() -> Mapping[int, Database]:
            return fleet.databases

        shards = Shards(fleet.databases, learn)
        orders = Orders(shards, fleet.databases[1], Catalog(fleet.databases[1], shared_cache))
        product = await Arrange(fleet.connections[1]).product(stock=100)
        yield World(fleet, shards, orders, product)


async def test_an_order_is_on_its_customers_shard_and_found_by_its_id(world: World) -> None:
    placed_orders = {email: await world.orders.place(world.new(email)) for email in CUSTOMERS}

    rows = await world.fleet.everywhere("SELECT id, customer_email FROM orders")
    assert {row["customer_email"]: number for number, row in rows} == {
        email: PLACEMENT[slot_of_customer(email)] for email in CUSTOMERS
    }
    assert {number for number, _ in rows} == {1, 2, 3}
    for email, one in placed_orders.items():
        assert slot_of_id(one.id) == slot_of_customer(email)
        assert await world.orders.order(one.id) == one
    events = await world.fleet.everywhere("SELECT slot FROM outbox")
    assert sorted(PLACEMENT[row["slot"]] for _, row in events) == sorted(number for number, _ in events)
    assert await world.value(STOCK) == 100 - len(CUSTOMERS)
    assert await world.value(RESERVED) == 0


def test_a_customer_is_the_same_however_the_address_is_spelled() -> None:
    assert slot_of_customer(" Ada@Example.COM") == slot_of_customer("ada@example.com")


async def test_more_than_there_is_is_refused_and_nothing_is_reserved(world: World) -> None:
    await world.orders.place(world.new(ELSEWHERE, 99))

    with pytest.raises(OutOfStockError):
        await world.orders.place(world.new(ELSEWHERE, 2))

    assert await world.value(STOCK) == 1
    assert await world.value(RESERVED) == 0


async def test_an_order_that_the_shard_refuses_gives_its_stock_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def busy(*_: object) -> None:
        raise UnavailableError("the same rows are being changed by others")

    monkeypatch.setattr(outbox, "append", busy)

    with pytest.raises(UnavailableError):
        await world.orders.place(world.new(ELSEWHERE))

    assert await world.value(STOCK) == 100
    assert await world.value(RESERVED) == 0
    assert await world.fleet.everywhere("SELECT FROM orders") == []


class Died(BaseException):
    """The end of the process."""


async def test_stock_of_an_order_that_was_never_written_goes_back_when_it_expires(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def die(*_: object) -> None:
        raise Died

    monkeypatch.setattr(store, "insert", die)
    with pytest.raises(Died):
        await world.orders.place(world.new(ELSEWHERE, 7))
    reserved = await world.value(STOCK), await world.value(RESERVED)
    await world.expire()
    await world.expire()

    assert reserved == (93, 1)
    assert await world.value(STOCK) == 100
    assert await world.value(RESERVED) == 0


async def test_stock_of_an_order_whose_answer_was_lost_stays_taken(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = world.shards.write

    async def lose_the_answer(*arguments: Any) -> None:
        await write(*arguments)
        raise ServerLostError("gone after the commit")

    monkeypatch.setattr(world.shards, "write", lose_the_answer)
    with pytest.raises(UnavailableError):
        await world.orders.place(world.new(ELSEWHERE, 7))
    before = await world.value(RESERVED)
    await world.expire()

    assert before == 1
    assert await world.value(STOCK) == 93
    assert await world.value(RESERVED) == 0
    assert len(await world.fleet.everywhere("SELECT FROM orders")) == 1


async def test_while_a_shard_is_down_the_others_take_orders_and_what_it_may_have_waits(
    world: World, settings: Settings
) -> None:
    async with broken(settings) as nowhere, cache.opened(settings.cache_url) as shared_cache:
        databases = {**world.fleet.databases, 2: nowhere}
        orders = world.with_shards(databases, Catalog(databases[1], shared_cache))
        at_3 = next(email for email in CUSTOMERS if PLACEMENT[slot_of_customer(email)] == 3)

        assert await orders.place(world.new(at_3))
        with pytest.raises(UnavailableError):
            await orders.place(world.new(ELSEWHERE))


async def test_the_shop_on_two_servers_relays_the_events_of_both(
    settings: Settings,
    variables: dict[str, str],
    primary: postgres.Running,
    five_databases: list[str],
    tmp_path: Path,
) -> None:
    name, login = five_databases[0], primary.master
    queue = {"QueueUrl": settings.orders_queue_url, "AttributeNames": ["ApproximateNumberOfMessages"]}
    sqs = client(variables, "sqs")
    with postgres.running(tmp_path, name, login.username, login.password) as second:
        async with fleet_of([name], settings, primary) as first:
            writers = (settings.writer, Address(second.host, second.port))
            own = settings.model_copy(update={"database": name, "shards": writers})
            await migrate_all(own, command.upgrade, "head", SCRIPTS)
            product = await Arrange(first.connections[1]).product(stock=100)
            application = create_app()
            async with resources(application, own), client_of(application) as shop:
                for email in CUSTOMERS:
                    answer = await shop.post("/orders", json=order((product, 1), email=email))
                    assert answer.status_code == 201
                    read = await shop.get(answer.headers["location"])
                    assert read.json() == answer.json()
                await until(lambda: _messages(sqs, queue) == len(CUSTOMERS))
            at_first = await first.connections[1].fetchval("SELECT count(*) FROM orders")

    assert 0 < at_first < len(CUSTOMERS)


def _messages(sqs: Any, queue: dict[str, Any]) -> int:
    return int(sqs.get_queue_attributes(**queue)["Attributes"]["ApproximateNumberOfMessages"])

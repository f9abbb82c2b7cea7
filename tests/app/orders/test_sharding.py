"""Orders on several shards, with the products on the first."""

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from alembic import command

from app.main import create_app, resources
from app.orders import store
from app.orders.pricing import OutOfStockError
from app.orders.sharding import slot_of_customer
from app.platform import outbox
from app.platform.idempotency import AtWorkError, KeyReusedError
from app.platform.migrations import SCRIPTS, migrate_all
from app.platform.postgres import ServerLostError
from app.platform.problems import UnavailableError
from app.platform.settings import Address, Settings
from app.platform.slots import slot_of_id
from scripts.local.runtime.servers import postgres
from tests.app.fleet import broken, fleet_of
from tests.app.shop import Arrange, client, client_of, place
from tests.app.tokens import Issuer
from tests.app.world import CUSTOMERS, ELSEWHERE, PLACEMENT, World, customer_at
from tests.waiting import until

STOCK = "SELECT stock FROM products"
RESERVED = "SELECT count(*) FROM reservations"
ORDERS = "SELECT id, customer_id FROM orders"


async def test_an_order_is_on_its_customers_shard_and_found_by_its_id(world: World) -> None:
    placed_orders = {customer: await world.place(customer) for customer in CUSTOMERS}

    rows = await world.fleet.everywhere(ORDERS)
    assert {row["customer_id"]: number for number, row in rows} == {
        customer: PLACEMENT[slot_of_customer(customer)] for customer in CUSTOMERS
    }
    assert {number for number, _ in rows} == {1, 2, 3}
    for customer, one in placed_orders.items():
        assert slot_of_id(one.id) == slot_of_customer(customer)
        assert await world.orders.order(one.id) == one
    events = await world.fleet.everywhere("SELECT slot FROM outbox")
    assert sorted(PLACEMENT[row["slot"]] for _, row in events) == sorted(number for number, _ in events)
    assert await world.value(STOCK) == 100 - len(CUSTOMERS)
    assert await world.value(RESERVED) == len(CUSTOMERS)


async def test_more_than_there_is_is_refused_and_nothing_is_reserved(world: World) -> None:
    await world.place(ELSEWHERE, 99)

    with pytest.raises(OutOfStockError):
        await world.place(ELSEWHERE, 2)

    assert await world.value(STOCK) == 1
    assert await world.value(RESERVED) == 1


async def test_an_order_that_the_shard_refuses_gives_its_stock_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def busy(*_: object) -> None:
        raise UnavailableError("the same rows are being changed by others")

    monkeypatch.setattr(store, "insert", busy)

    with pytest.raises(UnavailableError):
        await world.place(ELSEWHERE)

    assert await world.value(STOCK) == 100
    assert await world.value(RESERVED) == 0
    assert await world.fleet.everywhere(ORDERS) == []


class Died(BaseException):
    """The end of the process."""


async def die(*_: object, **__: object) -> None:
    raise Died


async def test_stock_of_an_order_that_was_never_written_goes_back_when_it_expires(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "insert", die)
    with pytest.raises(Died):
        await world.place(ELSEWHERE, 7)
    reserved = await world.value(STOCK), await world.value(RESERVED)
    await world.sweep()
    await world.sweep()

    assert reserved == (93, 1)
    assert await world.value(STOCK) == 100
    assert await world.value(RESERVED) == 0


async def test_who_repeats_a_request_that_died_goes_on_with_what_it_had_reserved(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as dying:
        dying.setattr(store, "insert", die)
        with pytest.raises(Died):
            await world.place(ELSEWHERE, 60, key="one")

    placed = await world.place(ELSEWHERE, 60, key="one")  # there would not be enough for another 60
    again = await world.place(ELSEWHERE, 60, key="one")

    assert placed == again
    assert await world.value(STOCK) == 40
    assert await world.value("SELECT order_id FROM reservations") == placed.id


async def test_an_order_whose_answer_was_lost_is_there_for_who_repeats_the_request(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = world.shards.write

    async def lose_the_answer(*arguments: Any) -> None:
        await write(*arguments)
        raise ServerLostError("gone after the commit")

    with monkeypatch.context() as losing:
        losing.setattr(world.shards, "write", lose_the_answer)
        with pytest.raises(UnavailableError):
            await world.place(ELSEWHERE, 60, key="one")
    await world.sweep()
    placed = await world.place(ELSEWHERE, 60, key="one")

    assert await world.value(STOCK) == 40
    assert [row["id"] for _, row in await world.fleet.everywhere(ORDERS)] == [placed.id]
    assert await world.value("SELECT expires_at > now() FROM reservations")


async def test_however_many_send_the_same_request_at_once_stock_is_taken_once(world: World) -> None:
    async def send() -> UUID | str:
        try:
            return (await world.place(ELSEWHERE, 100, key="one")).id  # all that there is
        except AtWorkError:
            return "at work"

    said = Counter(await asyncio.gather(*(send() for _ in range(12))))
    last = await world.place(ELSEWHERE, 100, key="one")

    assert set(said) <= {last.id, "at work"}
    assert said[last.id] >= 1
    assert len(await world.fleet.everywhere(ORDERS)) == 1
    await world.sweep()
    await world.sweep()
    assert await world.value(STOCK) == 0


async def test_a_key_that_comes_with_another_order_takes_no_stock(world: World) -> None:
    await world.place(ELSEWHERE, 1, key="one")

    with pytest.raises(KeyReusedError):
        await world.place(ELSEWHERE, 2, key="one")

    assert await world.value(STOCK) == 99


async def test_of_two_orders_with_one_key_at_once_the_later_gives_its_stock_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    insert, is_reserved = store.insert, asyncio.Event()

    async def wait(*arguments: Any) -> None:
        await is_reserved.wait()
        await insert(*arguments)

    monkeypatch.setattr(store, "insert", wait)
    first = asyncio.create_task(world.place(ELSEWHERE, 1, key="one"))
    second = asyncio.create_task(world.place(ELSEWHERE, 2, key="one"))
    done, _ = await asyncio.wait([first, second], return_when=asyncio.FIRST_COMPLETED)
    is_reserved.set()
    said = await asyncio.gather(first, second, return_exceptions=True)

    assert [type(task.exception()) for task in done] == [AtWorkError]
    [kept] = [one for one in said if not isinstance(one, BaseException)]
    assert await world.value(STOCK) == 100 - kept.lines[0].quantity


async def test_a_process_that_stood_still_for_too_long_writes_no_order(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.orders.placing.WRITABLE", -1)

    with pytest.raises(UnavailableError, match="too slow"):
        await world.place(ELSEWHERE, 7)

    assert await world.fleet.everywhere(ORDERS) == []
    assert await world.value(STOCK) == 100


async def test_while_a_shard_is_down_the_others_take_orders_and_what_it_may_have_waits(
    world: World, settings: Settings
) -> None:
    async with broken(settings) as nowhere:
        orders = world.with_shards({**world.fleet.databases, 2: nowhere})

        assert await orders.place(customer_at(3), world.new(), "one")
        with pytest.raises(UnavailableError):
            await orders.place(ELSEWHERE, world.new(), "one")


async def test_an_event_that_cannot_be_written_leaves_no_answer_either(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    append = outbox.append

    async def fail(session: Any, event: outbox.Event) -> None:
        if event.type == "order.placed":
            raise UnavailableError("no")
        await append(session, event)

    monkeypatch.setattr(outbox, "append", fail)
    with pytest.raises(UnavailableError):
        await world.place(ELSEWHERE, key="one")

    assert await world.fleet.everywhere("SELECT FROM idempotency_keys") == []


async def test_the_shop_on_two_servers_relays_the_events_of_both(
    *,
    settings: Settings,
    variables: dict[str, str],
    orders_queue: str,
    primary: postgres.Running,
    five_databases: list[str],
    issuer: Issuer,
    tmp_path: Path,
) -> None:
    name, login = five_databases[0], primary.master
    queue = {"QueueUrl": orders_queue, "AttributeNames": ["ApproximateNumberOfMessages"]}
    sqs = client(variables, "sqs")
    with postgres.running(tmp_path, name, login.username, login.password) as second:
        async with fleet_of([name], settings, primary) as first:
            writers = (settings.writer, Address(second.host, second.port))
            own = settings.model_copy(update={"database": name, "shards": writers})
            await migrate_all(own, command.upgrade, "head", SCRIPTS)
            product = await Arrange(first.connections[1]).product(stock=100)
            application = create_app()
            async with resources(application, own), client_of(application) as shop:
                for customer in CUSTOMERS:
                    who = issuer.bearer(customer)
                    answer = await place(shop, who, (product, 1))
                    assert answer.status_code == 201
                    read = await shop.get(answer.headers["location"], headers=who)
                    assert read.json() == answer.json()
                await until(lambda: _messages(sqs, queue) == len(CUSTOMERS))
            at_first = await first.connections[1].fetchval("SELECT count(*) FROM orders")

    assert 0 < at_first < len(CUSTOMERS)


def _messages(sqs: Any, queue: dict[str, Any]) -> int:
    return int(sqs.get_queue_attributes(**queue)["Attributes"]["ApproximateNumberOfMessages"])

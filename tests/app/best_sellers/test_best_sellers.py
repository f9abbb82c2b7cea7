"""What sells best: as orders are paid, and after Redis has lost what it knew."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from redis import Redis

from app.best_sellers import ranking as ranking_module
from app.best_sellers import store
from app.best_sellers.ranking import Ranking, Sale, day_of
from app.best_sellers.recount import Recount
from app.best_sellers.schemas import Window
from app.best_sellers.service import BestSellers, days_of
from app.main import create_app, resources
from app.orders.schemas import Order
from app.orders.states import State
from app.platform import cache as cache_module
from app.platform.cache import Cache
from app.platform.destinations import Outgoing
from app.platform.election import AdvisoryLockElection
from app.platform.identifiers import first_uuid7, uuid7
from app.platform.memory import Memory
from app.platform.rest import Rest
from app.platform.settings import Settings
from tests.app.cable import cable
from tests.app.shop import Arrange, Headers, client, client_of, place
from tests.app.world import CUSTOMERS, World
from tests.waiting import until_async

TODAY = datetime.now(UTC).date()


@pytest.fixture
async def cache(settings: Settings) -> AsyncIterator[Cache]:
    """The cache, which is empty."""
    async with cache_module.opened(settings.cache_url) as found:
        yield found


@pytest.fixture
def ranking(cache: Cache) -> Ranking:
    """The ranking in it."""
    return Ranking(cache.server)


@pytest.fixture
def best_sellers(world: World, cache: Cache, ranking: Ranking) -> BestSellers:
    """The best sellers of three shards."""
    return BestSellers(world.shards, world.fleet.databases[1], cache, ranking)


@pytest.fixture
def redis(settings: Settings) -> Redis:
    """The test's own connection to Redis."""
    return Redis.from_url(settings.cache_url)


async def recount(world: World, ranking: Ranking) -> None:
    """Count the days that are not whole."""
    election = AdvisoryLockElection(world.fleet.databases[1], 1)
    async with election.term() as term:
        await Recount(world.shards, ranking, election).restore(term)


async def paid(world: World, customer: UUID, quantity: int = 1, status: State = "paid") -> Order:
    """An order that was placed and paid, or what became of it."""
    order = await world.place(customer, quantity)
    for connection in world.fleet.connections.values():
        await connection.execute("UPDATE orders SET status = $2 WHERE id = $1", order.id, status)
    return order


def told(order: Order) -> Outgoing:
    """The event that tells that an order was paid."""
    lines = [
        {
            "product_id": line.product_id,
            "quantity": line.quantity,
            "unit_price_minor": line.unit_price_minor,
        }
        for line in order.lines
    ]
    data = {
        "order_id": str(order.id),
        "customer_id": str(order.customer_id),
        "total_minor": order.total_minor,
        "currency": order.currency,
        "lines": lines,
    }
    return Outgoing(1, "event-1", str(order.id), "order.paid", json.dumps({"data": data}))


async def sold(best_sellers: BestSellers, window: Window = "today") -> dict[int, int]:
    """What sold, by product, as the ranking or the orders have it now."""
    found = json.loads(await best_sellers._load(window))
    return {item["id"]: item["sold"] for item in found["items"]}


async def test_a_paid_order_counts_once_however_often_it_is_told(
    world: World, best_sellers: BestSellers, ranking: Ranking
) -> None:
    await recount(world, ranking)
    order = await paid(world, CUSTOMERS[0], 3)

    await best_sellers.count([told(order)])
    await best_sellers.count([told(order), told(order)])

    assert await ranking.top([TODAY], 5) == [(world.product, 3)]
    assert await sold(best_sellers, "week") == {world.product: 3}


async def test_the_best_comes_first_and_no_more_than_are_asked_for(ranking: Ranking) -> None:
    mark = await ranking.begin(TODAY)
    await ranking.tell(TODAY, [Sale(uuid4(), {1: 5, 2: 9}), Sale(uuid4(), {3: 7, 1: 3})])
    await ranking.finish(TODAY, mark)

    assert await ranking.top([TODAY], 2) == [(2, 9), (1, 8)]


async def test_a_week_is_the_sum_of_its_days(ranking: Ranking) -> None:
    for back, day in enumerate(days_of("week")):
        mark = await ranking.begin(day)
        await ranking.tell(day, [Sale(uuid4(), {1: 1, back + 2: 10})])
        await ranking.finish(day, mark)

    found = await ranking.top(days_of("week"), 20)

    assert found is not None
    assert dict(found) == {1: 7, **dict.fromkeys(range(2, 9), 10)}
    assert await ranking.top(days_of("today"), 20) == [(8, 10), (1, 1)]


async def test_while_the_ranking_does_not_know_the_orders_of_all_shards_say_it(
    world: World, best_sellers: BestSellers, ranking: Ranking
) -> None:
    for customer in CUSTOMERS[:6]:
        await paid(world, customer, 2)
    await world.place(CUSTOMERS[0], 20)  # nobody has paid this one
    await paid(world, CUSTOMERS[1], 20, "refunded")  # and of this one nobody kept anything

    assert await ranking.top([TODAY], 5) is None
    assert await sold(best_sellers) == {world.product: 12}
    await recount(world, ranking)
    assert await ranking.top([TODAY], 5) == [(world.product, 12)]


async def test_what_redis_lost_is_counted_anew_from_the_orders_of_all_shards(
    world: World, best_sellers: BestSellers, ranking: Ranking, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "PAGE", 2)
    orders = [await paid(world, customer, 2) for customer in CUSTOMERS[:6]]
    await recount(world, ranking)
    redis.flushdb()
    assert await ranking.top([TODAY], 5) is None

    await recount(world, ranking)
    await best_sellers.count([told(order) for order in orders])  # the events come late, and change nothing

    assert await ranking.top([TODAY], 5) == [(world.product, 12)]


@pytest.mark.parametrize("lost", ["pieces", "orders"])
async def test_a_day_of_which_redis_dropped_a_key_says_nothing(
    world: World, ranking: Ranking, redis: Redis, lost: str
) -> None:
    await paid(world, CUSTOMERS[0])
    await recount(world, ranking)

    redis.delete(f"{{best-sellers}}:{TODAY}:{lost}")
    await ranking.count([Sale(uuid7(), {world.product: 1})])

    assert await ranking.top([TODAY], 5) is None


async def test_what_is_paid_during_a_count_is_neither_lost_nor_doubled(
    world: World, best_sellers: BestSellers, ranking: Ranking
) -> None:
    before, during = await paid(world, CUSTOMERS[0], 1), await paid(world, CUSTOMERS[1], 2)
    mark = await ranking.begin(TODAY)
    await best_sellers.count([told(during)])
    await ranking.tell(TODAY, [Sale(order.id, {world.product: q}) for order, q in ((before, 1), (during, 2))])
    await ranking.finish(TODAY, mark)

    assert await ranking.top([TODAY], 5) == [(world.product, 3)]


@pytest.mark.parametrize("lost", ["pieces", "orders"])
async def test_a_count_of_which_a_part_was_lost_is_not_taken_for_whole(
    ranking: Ranking, redis: Redis, lost: str
) -> None:
    mark = await ranking.begin(TODAY)
    redis.delete(f"{{best-sellers}}:{TODAY}:{lost}")
    await ranking.tell(TODAY, [Sale(uuid4(), {1: 1})])

    await ranking.finish(TODAY, mark)

    assert await ranking.top([TODAY], 5) is None


async def test_what_is_paid_while_redis_is_away_is_counted_anew_once_it_is_back(
    world: World, best_sellers: BestSellers, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache_module, "TIMEOUT", 0.25)
    address = settings.cache_url.removeprefix("redis://").removesuffix("/0")
    async with cable(address) as line, cache_module.opened(f"redis://127.0.0.1:{line.port}/0") as unsteady:
        ranking = Ranking(unsteady.server)
        seller = BestSellers(world.shards, world.fleet.databases[1], unsteady, ranking)
        await recount(world, ranking)
        await line.cut()
        order = await paid(world, CUSTOMERS[0], 4)
        await seller.count([told(order)])
        assert await sold(seller) == {world.product: 4}

        await line.join()
        monkeypatch.setattr(ranking, "_rest", Rest(0))
        await seller.count([])

        assert await ranking.top([TODAY], 5) is None
        await recount(world, ranking)
        assert await ranking.top([TODAY], 5) == [(world.product, 4)]


async def test_what_redis_keeps_of_a_day_expires(ranking: Ranking, redis: Redis) -> None:
    await ranking.count([Sale(uuid7(), {1: 1})])

    left: list[Any] = [redis.ttl(f"{{best-sellers}}:{TODAY}:{kind}") for kind in ("pieces", "orders")]

    longest = ranking_module.KEPT.total_seconds()
    assert all(timedelta(days=7).total_seconds() < seconds <= longest for seconds in left)


def test_an_order_belongs_to_the_day_on_which_it_was_placed() -> None:
    midnight = datetime(2026, 3, 1, tzinfo=UTC)

    assert day_of(first_uuid7(midnight)).isoformat() == "2026-03-01"
    assert day_of(first_uuid7(midnight - timedelta(milliseconds=1))).isoformat() == "2026-02-28"


async def test_best_sellers_are_shown_as_products_and_may_be_kept_for_some_seconds(
    shop: httpx.AsyncClient, arrange: Arrange, ada: Headers
) -> None:
    numbers = [await arrange.product(number, name=f"Cup {number}") for number in (1, 2)]
    await place(shop, ada, (numbers[0], 1), (numbers[1], 3))
    await arrange.connection.execute("UPDATE orders SET status = 'shipped'")
    await arrange.connection.execute("DELETE FROM reservations")
    await arrange.connection.execute("DELETE FROM products WHERE id = $1", numbers[0])

    answer = await shop.get("/products/best-sellers", params={"window": "week"})

    assert answer.status_code == 200
    assert "max-age=5" in answer.headers["cache-control"]
    assert answer.json() == {
        "window": "week",
        "items": [
            {
                "id": numbers[1],
                "name": "Cup 2",
                "category": "things",
                "price_minor": 1_000,
                "currency": "EUR",
                "image_path": "/media/products/SKU-2.svg",
                "stock": 7,
                "sold": 3,
            }
        ],
    }
    again = {"if-none-match": answer.headers["etag"]}
    unchanged = await shop.get("/products/best-sellers", params={"window": "week"}, headers=again)
    assert unchanged.status_code == 304


async def test_a_window_that_there_is_not_is_refused_with_those_that_there_are(
    shop: httpx.AsyncClient,
) -> None:
    answer = await shop.get("/products/best-sellers", params={"window": "year"})

    assert answer.status_code == 422
    assert "'today' or 'week'" in answer.json()["errors"][0]["detail"]


@asynccontextmanager
async def whole_shop(settings: Settings) -> AsyncIterator[tuple[httpx.AsyncClient, Any]]:
    """A client of the application with all its duties, and its state."""
    created = create_app()
    async with resources(created, settings), client_of(created) as http:
        yield http, created.state


@pytest.fixture
def payments_queue(variables: dict[str, str], orders_queue: str) -> Iterator[str]:
    """The queue, beside the test's bus, without which no event of a paid order leaves the outbox."""
    sqs = client(variables, "sqs")
    name = variables["PAYMENTS_QUEUE_URL"].rpartition("/")[2]
    url = sqs.create_queue(QueueName=name, Attributes={"FifoQueue": "true"})["QueueUrl"]
    yield url
    sqs.delete_queue(QueueUrl=url)


@pytest.mark.usefixtures("payments_queue")
async def test_the_ranking_hears_of_an_order_when_it_is_paid(
    settings: Settings, arrange: Arrange, ada: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = await arrange.product()
    async with whole_shop(settings) as (shop, state):
        await until_async(lambda: state.ranking.is_whole(TODAY))
        order = await place(shop, ada, (number, 2))
        card = {"card_number": "4242424242424242"}
        paid = await shop.post(f"{order.headers['location']}/payment", json=card, headers=ada)
        await state.payments.settle(UUID(paid.json()["id"]))

        async def is_counted() -> bool:
            monkeypatch.setattr(state.cache, "_memory", Memory())
            return bool(await state.ranking.top([TODAY], 5) == [(number, 2)])

        await until_async(is_counted)

"""The shop's services on several shards, with the products on the first."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from app.catalog.service import Catalog
from app.orders.schemas import NewOrder, Order
from app.orders.service import Orders
from app.orders.sharding import slot_of_customer
from app.orders.sweeper import Sweeper
from app.payments.reconciler import Reconciler
from app.payments.sandbox import Sandbox
from app.payments.service import Payments
from app.platform import cache
from app.platform.database import Database
from app.platform.election import AdvisoryLockElection
from app.platform.founding import found
from app.platform.settings import Settings
from app.platform.shards import Shards
from app.platform.slots import placed
from scripts.local.runtime.servers import postgres
from tests.app.fleet import Fleet, fleet_of
from tests.app.shop import Arrange, order

PLACEMENT = placed([1, 2, 3])
CUSTOMERS = [UUID(int=number) for number in range(1, 21)]


def customer_at(shard: int) -> UUID:
    """Return a customer whose orders are on the shard."""
    return next(one for one in CUSTOMERS if PLACEMENT[slot_of_customer(one)] == shard)


ELSEWHERE = customer_at(2)
"""A customer whose orders are on another shard than the products."""


@dataclass(frozen=True)
class World:
    """Three shards with orders, and one product of which there are 100."""

    fleet: Fleet
    shards: Shards
    orders: Orders
    catalog: Catalog
    product: int

    def new(self, quantity: int = 1) -> NewOrder:
        return NewOrder.model_validate(order((self.product, quantity)))

    async def place(self, customer: UUID, quantity: int = 1, key: str = "") -> Order:
        said = await self.orders.place(customer, self.new(quantity), key or str(uuid4()))
        return Order.model_validate_json(said.body)

    def with_shards(self, databases: Mapping[int, Database]) -> Orders:
        """Return orders on other databases than these."""

        async def learn() -> Mapping[int, Database]:
            return databases

        return Orders(Shards(databases, learn), databases[1], self.catalog)

    @property
    def payments(self) -> Payments:
        """Payments with the sandbox, whose ledger is in the products' database."""
        return Payments(self.shards, Sandbox(self.fleet.databases[1]))

    def reconciler(self, payments: Payments | None = None) -> Reconciler:
        election = AdvisoryLockElection(self.fleet.databases[1], 2)
        return Reconciler(self.shards, payments or self.payments, election)

    async def reconcile(self) -> None:
        """Let all open payments be tried long ago, and settle them."""
        for connection in self.fleet.connections.values():
            await connection.execute("UPDATE payments SET tried_at = '-infinity'")
        await self.reconciler().settle()

    async def value(self, sql: str, *values: object) -> Any:
        """Return the first column of the first row that the products' database has."""
        return await self.fleet.connections[1].fetchval(sql, *values)

    async def expire(self) -> None:
        """Let all reservations be over."""
        await self.fleet.connections[1].execute("UPDATE reservations SET expires_at = now() - interval '1 s'")

    async def age(self, minutes: int) -> None:
        """Let all orders be so much older."""
        for connection in self.fleet.connections.values():
            await connection.execute(
                "UPDATE orders SET created_at = created_at - make_interval(mins => $1)", minutes
            )

    def sweeper(self, orders: Orders | None = None) -> Sweeper:
        election = AdvisoryLockElection(self.fleet.databases[1], 1)
        return Sweeper(self.fleet.databases[1], self.shards, orders or self.orders, election)

    async def sweep(self) -> None:
        """Let all reservations be over, and settle them."""
        await self.expire()
        await self.sweeper().settle()


@asynccontextmanager
async def world_of(names: list[str], settings: Settings, primary: postgres.Running) -> AsyncIterator[World]:
    """Make a world of three databases."""
    async with (
        fleet_of(names[:3], settings, primary) as fleet,
        cache.opened(settings.cache_url) as shared_cache,
    ):
        await found(fleet.databases)

        async def learn() -> Mapping[int, Database]:
            return fleet.databases

        shards = Shards(fleet.databases, learn)
        catalog = Catalog(fleet.databases[1], shared_cache)
        orders = Orders(shards, fleet.databases[1], catalog)
        product = await Arrange(fleet.connections[1]).product(stock=100)
        yield World(fleet, shards, orders, catalog, product)

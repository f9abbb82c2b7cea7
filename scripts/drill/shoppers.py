"""A constant load of orders: shoppers that note what became of each, and send nothing twice."""

import itertools
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx
import pg8000.native  # type: ignore[import-untyped] # it has no annotations

from scripts.drill import reading
from scripts.drill.customers import Customer, Customers
from scripts.drill.errors import DrillError
from scripts.drill.stack import Stack

AT_ONCE = 8
PAUSE = 0.3  # seconds between two orders of a shopper: at most 100 a minute, of the 120 that an account may
PATIENCE = 20.0  # seconds for an answer
ASKED = "SELECT id FROM orders WHERE id = ANY (CAST(:ids AS uuid[]))"


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """An order that somebody wanted, at monotonic times; `order_id` is None where it was not acknowledged."""

    begun: float
    ended: float
    order_id: str | None


@dataclass
class Shoppers:
    """Shoppers that order one piece after another while `shopping`."""

    stack: Stack
    attempts: list[Attempt] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def shopping(self) -> Iterator[None]:
        """Have them order until the block ends.

        Raises:
            DrillError: an order is refused for what it is, as where nothing is left in stock.
        """
        with self.stack.database() as connection:
            stock = sorted(connection.run(reading.STOCK), key=lambda row: -row[1])
        customers = Customers(self.stack, lambda: None, lambda _: None)
        known = [customers.sign_in(number) for number in range(AT_ONCE)]
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="shoppers") as threads:
            products = [product for product, _ in stock[: 4 * AT_ONCE]]
            done = [
                threads.submit(self._shop, one, products[number::AT_ONCE]) for number, one in enumerate(known)
            ]
            try:
                yield
            finally:
                self._over.set()
            for one in done:
                one.result()

    @property
    def acknowledged(self) -> list[Attempt]:
        """The orders that the shop took, by when it said so."""
        return sorted((one for one in self.attempts if one.order_id), key=lambda one: one.ended)

    def await_orders(self, count: int, *, since: float, within: float) -> None:
        """Wait until so many orders that began after a time are acknowledged.

        Raises:
            DrillError: they are not.
        """
        deadline = time.monotonic() + within
        while sum(one.begun >= since for one in self.acknowledged) < count:
            if time.monotonic() > deadline:
                raise DrillError(f"the shop took fewer than {count} orders within {within:.0f} s")
            time.sleep(0.1)

    def _shop(self, customer: Customer, products: Sequence[int]) -> None:
        with httpx.Client(base_url=self.stack.shop, headers=self.stack.origin, timeout=PATIENCE) as shop:
            for product in itertools.cycle(products):
                if self._over.wait(PAUSE):
                    return
                self._order(shop, customer, product)

    def _order(self, shop: httpx.Client, customer: Customer, product: int) -> None:
        body = {"customer_email": customer.email, "lines": [{"product_id": product, "quantity": 1}]}
        headers = {**customer.headers, "idempotency-key": uuid.uuid4().hex}
        begun = time.monotonic()
        try:
            answer = shop.post("/orders", json=body, headers=headers)
        except httpx.TransportError:
            order_id = None
        else:
            if answer.is_client_error:
                raise DrillError(f"the shop refuses an order with {answer.status_code}: {answer.text}")
            order_id = answer.json()["id"] if answer.is_success else None
        self.attempts.append(Attempt(begun=begun, ended=time.monotonic(), order_id=order_id))


def missing(orders: Sequence[Attempt], connection: pg8000.native.Connection) -> list[str]:
    """Return which of the acknowledged orders a database does not have."""
    ids = [one.order_id for one in orders if one.order_id]
    there = {str(identifier) for [identifier] in connection.run(ASKED, ids=ids)}
    return [identifier for identifier in ids if identifier not in there]

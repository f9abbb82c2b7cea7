"""The customers of a drill: each orders and pays, and sends again what was not answered."""

import random
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httpx

from scripts.drill.books import Acknowledged
from scripts.drill.errors import DrillError
from scripts.drill.stack import Stack
from scripts.local.people import PASSWORD, add_person

AT_ONCE = 8  # orders that are being placed
PATIENCE = 180.0  # seconds for which a request is sent again until it has an answer
LONGEST_PAUSE = 2.0  # seconds between two sendings
# The shop takes 120 changes a minute of an account, and an order with its payment is two.
ORDERS_OF_ONE = 50
GOOD = "4242424242424242"
# Cards of the sandbox whose capture is charged while the answer is lost, or takes its time.
ODD = ("4000000000000119", "4000000000003220")
ODD_SHARE = 0.03
MOST_LINES = 3
MOST_PIECES = 2


@dataclass(frozen=True, kw_only=True)
class Wish:
    """An order that somebody is going to place: pieces by product, and the card that pays it."""

    customer: int
    quantities: Mapping[int, int]
    card: str


@dataclass(frozen=True)
class Customer:
    """Someone who has signed in, at an address of their own."""

    email: str
    headers: Mapping[str, str]


def wishes(orders: int, stock: Mapping[int, int], seed: int) -> Iterator[Wish]:
    """Yield what is to be ordered; the same for the same stock and seed.

    Raises:
        DrillError: there is not enough of anything left.
    """
    left, rng = dict(stock), random.Random(seed)  # noqa: S311 - repeatable
    for number in range(orders):
        products = [product for product, pieces in left.items() if pieces >= MOST_PIECES]
        if len(products) < MOST_LINES:
            raise DrillError(f"the stock is enough for {number} orders only: give fewer with --orders.")
        chosen = rng.sample(products, rng.randint(1, MOST_LINES))
        quantities = {product: rng.randint(1, MOST_PIECES) for product in chosen}
        for product, pieces in quantities.items():
            left[product] -= pieces
        card = rng.choice(ODD) if rng.random() < ODD_SHARE else GOOD
        yield Wish(customer=number // ORDERS_OF_ONE, quantities=quantities, card=card)


class Customers:
    """Places orders and pays them, some at once."""

    def __init__(
        self, stack: Stack, await_turn: Callable[[], None], on_done: Callable[[Acknowledged], None]
    ) -> None:
        """`await_turn` is called before each order, `on_done` with it once it is acknowledged and paid."""
        self._stack = stack
        self._await_turn = await_turn
        self._on_done = on_done
        self._shop = httpx.Client(base_url=stack.shop, headers=stack.origin, timeout=30.0)
        self._known: list[Customer] = []

    def order(self, wanted: Sequence[Wish]) -> None:
        """Have all wishes ordered and paid.

        Raises:
            DrillError: the shop refuses one, or does not answer for too long.
        """
        with self._shop, ThreadPoolExecutor(AT_ONCE) as threads:
            self._known = list(threads.map(self.sign_in, sorted({wish.customer for wish in wanted})))
            done = [threads.submit(self._fulfil, wish) for wish in wanted]
            try:
                for one in done:
                    one.result()
            except BaseException:
                threads.shutdown(wait=False, cancel_futures=True)
                raise

    def _fulfil(self, wish: Wish) -> None:
        self._await_turn()
        customer = self._known[wish.customer]
        lines = [{"product_id": product, "quantity": pieces} for product, pieces in wish.quantities.items()]
        headers = {**customer.headers, "idempotency-key": uuid.uuid4().hex}
        body = {"customer_email": customer.email, "lines": lines}
        order = self._send("/orders", body, headers)
        self._send(f"/orders/{order['id']}/payment", {"card_number": wish.card}, customer.headers)
        self._on_done(
            Acknowledged(order_id=order["id"], quantities=wish.quantities, total=order["total_minor"])
        )

    def _send(self, path: str, body: object, headers: Mapping[str, str]) -> Any:
        """Send a request until it has an answer, as its key allows."""
        deadline = time.monotonic() + PATIENCE
        pause = 0.1
        while True:
            said = "no answer"
            with suppress(httpx.TransportError):
                answer = self._shop.post(path, json=body, headers=dict(headers))
                if answer.is_success:
                    return answer.json()
                said = f"{answer.status_code}: {answer.text}"
                if answer.status_code < 500 and "retry-after" not in answer.headers:
                    raise DrillError(f"the shop refuses POST {path} with {said}")
                pause = float(answer.headers.get("retry-after", pause))
            if time.monotonic() > deadline:
                raise DrillError(f"POST {path} was sent for {PATIENCE:.0f} s, and the last answer was {said}")
            time.sleep(pause)
            pause = min(LONGEST_PAUSE, 2 * pause)

    def sign_in(self, number: int) -> Customer:
        """Make an account if there is none yet, and sign in."""
        cognito, pool = self._stack.client("cognito-idp"), self._stack.variables["IDENTITY_POOL_ID"]
        email = f"drill-{number}@example.com"
        with suppress(cognito.exceptions.UsernameExistsException):
            add_person(cognito, pool, email)
        # Who a proxy in front of the load balancer was asked by; TEST-NET-2 and 3 of RFC 5737 are nobody's.
        address = {"x-forwarded-for": f"198.51.100.{number % 250 + 1}"}
        answer = self._send("/accounts/sign-in", {"email": email, "password": PASSWORD}, address)
        return Customer(email, address | {"authorization": f"Bearer {answer['access_token']}"})

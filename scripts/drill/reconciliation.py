"""Whether the books of a drill balance: each promise, what it comes to, and who breaks it."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from scripts.drill.books import Books, Quantities


@dataclass(frozen=True, kw_only=True)
class Check:
    """A promise: what is expected, what was found, and each thing that is wrong, by name and reason."""

    promise: str
    expected: int
    found: int
    wrong: Mapping[str, str]

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong."""
        return not self.wrong and self.expected == self.found


def reconcile(books: Books) -> list[Check]:
    """Compare everyone's books and return all checks, whether they hold or not."""
    return [
        *reconcile_orders(books),
        _poison(books),
        _other_dead(books),
        _stock("stock taken = pieces ordered", books, _ordered(books)),
        _stock("stock taken = stock movements", books, _moved(books)),
        _money(books),
        _left(books),
    ]


def reconcile_orders(books: Books) -> list[Check]:
    """Return the checks of what is promised of each order by itself."""
    return [_orders(books), _movements(books), _captures(books), _mails(books)]


def _orders(books: Books) -> Check:
    wrong = {}
    for order in books.acknowledged:
        status = books.statuses.get(order.order_id)
        if status is None:
            wrong[order.order_id] = "is lost"
        elif status != "paid":
            wrong[order.order_id] = f"is {status}, not paid"
    paid = sum(books.statuses.get(order.order_id) == "paid" for order in books.acknowledged)
    return Check(
        promise="acknowledged orders are there, and paid",
        expected=len(books.acknowledged),
        found=paid,
        wrong=wrong,
    )


def _movements(books: Books) -> Check:
    moved: dict[tuple[str, int], list[int]] = defaultdict(list)
    for movement in books.movements:
        moved[movement.order_id, movement.product_id].append(movement.quantity)
    expected = {
        (order.order_id, product): -pieces
        for order in books.acknowledged
        for product, pieces in order.quantities.items()
    }
    wrong: dict[str, str] = {}
    for key in expected.keys() | moved.keys():
        wanted = [expected[key]] if key in expected else []
        if moved.get(key, []) != wanted:
            order_id, product = key
            wrong[order_id] = f"product {product} moved {_said(moved.get(key, []))}, not {_said(wanted)}"
    return Check(
        promise="one stock movement for each line of an order",
        expected=len(expected),
        found=len(books.movements),
        wrong=wrong,
    )


def _captures(books: Books) -> Check:
    captured: dict[str, list[int]] = defaultdict(list)
    for capture in books.captures:
        captured[capture.order_id].append(capture.amount)
    wrong = {}
    for order in books.acknowledged:
        amounts = captured.get(order.order_id, [])
        if amounts != [order.total]:
            wrong[order.order_id] = f"captured {_said(amounts)}, not {order.total}"
    return Check(
        promise="one capture for each order, of its total",
        expected=len(books.acknowledged),
        found=len(books.captures),
        wrong=wrong,
    )


def _mails(books: Books) -> Check:
    counts = {order.order_id: books.mails.get(order.order_id, 0) for order in books.acknowledged}
    return Check(
        promise="one mail for each order",
        expected=len(counts),
        found=sum(counts.values()),
        wrong={order_id: f"{count} mails" for order_id, count in counts.items() if count != 1},
    )


def _poison(books: Books) -> Check:
    wrong = {}
    found = 0
    for queue, sent in books.poison.items():
        dead = Counter(books.dead.get(queue, ()))
        found += sum(dead[message] for message in sent)
        for message in sent:
            if dead[message] != 1:
                wrong[f"message {message}"] = f"{dead[message]} times in {queue}, not once"
    return Check(
        promise="poison messages are in their dead-letter queues",
        expected=sum(len(sent) for sent in books.poison.values()),
        found=found,
        wrong=wrong,
    )


def _other_dead(books: Books) -> Check:
    wrong = {
        f"message {message}": f"died in {queue}, and is no poison"
        for queue, dead in books.dead.items()
        for message in dead
        if message not in books.poison.get(queue, ())
    }
    return Check(promise="nothing else died", expected=0, found=len(wrong), wrong=wrong)


def _ordered(books: Books) -> Quantities:
    return _less(books.after.ordered, books.before.ordered)


def _moved(books: Books) -> Quantities:
    return _less(books.before.moved, books.after.moved)


def _stock(promise: str, books: Books, told: Quantities) -> Check:
    """Compare what was taken from the stock of each product with what others tell of it."""
    taken = _less(books.before.stock, books.after.stock)
    return Check(
        promise=promise,
        expected=sum(told.values()),
        found=sum(taken.values()),
        wrong={
            f"product {product}": f"{taken.get(product, 0)} taken, not {told.get(product, 0)}"
            for product in sorted(taken.keys() | told.keys())
            if taken.get(product, 0) != told.get(product, 0)
        },
    )


def _money(books: Books) -> Check:
    return Check(
        promise="money captured = totals of paid orders, in cents",
        expected=books.after.paid - books.before.paid,
        found=books.after.captured - books.before.captured,
        wrong={},
    )


def _left(books: Books) -> Check:
    wrong = {name: f"{count} are left" for name, count in books.waiting.items() if count}
    return Check(
        promise="nothing is left in outbox and queues",
        expected=0,
        found=sum(books.waiting.values()),
        wrong=wrong,
    )


def _less(one: Quantities, other: Quantities) -> dict[int, int]:
    """Return the difference of each product, but for those of none."""
    return {product: pieces for product, pieces in _differences(one, other) if pieces}


def _differences(one: Quantities, other: Quantities) -> Iterator[tuple[int, int]]:
    for product in one.keys() | other.keys():
        yield product, one.get(product, 0) - other.get(product, 0)


def _said(values: list[int]) -> str:
    return " and ".join(map(str, values)) or "nothing"

"""Whether the books of a drill balance: each promise, what it comes to, and who breaks it."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from scripts.drill.books import Books, Mail, Quantities


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
    return [_orders(books), _movements(books), _captures(books), _mails(books), _sent_again(books)]


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
    mailed = {mail.order_id for mail in books.mails}
    wrong = {order.order_id: "no mail" for order in books.acknowledged if order.order_id not in mailed}
    return Check(
        promise="a mail for each order",
        expected=len(books.acknowledged),
        found=len(books.acknowledged) - len(wrong),
        wrong=wrong,
    )


def _sent_again(books: Books) -> Check:
    """Who is killed between SES's yes and its note has the mail sent again; that aside, nobody gets two."""
    mails: dict[str, list[Mail]] = defaultdict(list)
    for mail in books.mails:
        mails[mail.order_id].append(mail)
    wrong = {}
    again = found = 0
    for order_id in (order.order_id for order in books.acknowledged if order.order_id in mails):
        own = mails[order_id]
        unnoted = [mail.sent_at for mail in own if mail.id not in books.noted]
        explained = _sent_before_kills(unnoted, books.killed.get(order_id, ()))
        again += explained
        found += len(own) - 1
        if len(own) - 1 != explained:
            wrong[order_id] = f"{len(own)} mails, {explained} of them sent again after a kill"
    return Check(
        promise="mails sent again after a kill before the note, and no others",
        expected=again,
        found=found,
        wrong=wrong,
    )


def _sent_before_kills(sent: Sequence[float], killed: Sequence[float]) -> int:
    """Count the attempts that were killed after they had sent a mail, by the times of mails not noted.

    An attempt sends one mail at most, after the attempt before it and before its own time has run out.
    """
    ends = sorted(killed)
    return sum(any(begin < at <= end for at in sent) for begin, end in pairwise([0.0, *ends]))


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

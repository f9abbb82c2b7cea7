"""Books that balance hold every promise; each thing that is lost, doubled or too much is found and named."""

import json
from dataclasses import replace

import pytest

from scripts.drill.books import Acknowledged, Books, Capture, Movement, Shelf
from scripts.drill.drill import Outcome
from scripts.drill.reconciliation import Check, reconcile
from scripts.drill.report import document, table, wrong

DEAD = "inventory-dead-letters"
ONE = Acknowledged(order_id="one", quantities={1: 2, 2: 1}, total=500)
TWO = Acknowledged(order_id="two", quantities={1: 1}, total=200)
BEFORE = Shelf(stock={1: 10, 2: 10}, ordered={1: 4}, moved={1: -4}, captured=1_000, paid=1_000)
AFTER = Shelf(stock={1: 7, 2: 9}, ordered={1: 7, 2: 1}, moved={1: -7, 2: -1}, captured=1_700, paid=1_700)
BOOKS = Books(
    acknowledged=[ONE, TWO],
    statuses={"one": "paid", "two": "paid"},
    movements=[
        Movement(order_id="one", product_id=1, quantity=-2),
        Movement(order_id="one", product_id=2, quantity=-1),
        Movement(order_id="two", product_id=1, quantity=-1),
    ],
    captures=[Capture(order_id="one", amount=500), Capture(order_id="two", amount=200)],
    mails={"one": 1, "two": 1, "of somebody else": 3},
    before=BEFORE,
    after=AFTER,
    waiting={"outbox": 0, "inventory": 0},
    poison={DEAD: ["poison"]},
    dead={DEAD: ["poison"]},
)


def broken(books: Books) -> dict[str, Check]:
    return {check.promise: check for check in reconcile(books) if not check.holds}


def outcome(books: Books) -> Outcome:
    return Outcome(orders=2, faults={"crash": 1}, refused={}, seconds=1.0, checks=reconcile(books))


def test_books_that_balance_hold_every_promise() -> None:
    assert broken(BOOKS) == {}
    assert outcome(BOOKS).balances
    assert json.loads(json.dumps(document(outcome(BOOKS))))["checks"][0]["holds"] is True
    assert list(wrong(outcome(BOOKS))) == []
    assert [(check.expected, check.found) for check in reconcile(BOOKS)] == [
        (2, 2),
        (3, 3),
        (2, 2),
        (2, 2),
        (1, 1),
        (0, 0),
        (4, 4),
        (4, 4),
        (700, 700),
        (0, 0),
    ]


@pytest.mark.parametrize(
    ("books", "promise", "named"),
    [
        (replace(BOOKS, statuses={"one": "paid"}), "orders", {"two": "is lost"}),
        (
            replace(BOOKS, statuses={"one": "paid", "two": "placed"}),
            "orders",
            {"two": "is placed, not paid"},
        ),
        (
            replace(BOOKS, movements=BOOKS.movements[:2]),
            "stock movement for each",
            {"two": "product 1 moved nothing, not -1"},
        ),
        (
            replace(BOOKS, movements=[*BOOKS.movements, BOOKS.movements[0]]),
            "stock movement for each",
            {"one": "product 1 moved -2 and -2, not -2"},
        ),
        (
            replace(
                BOOKS, movements=[*BOOKS.movements[:2], Movement(order_id="two", product_id=1, quantity=-3)]
            ),
            "stock movement for each",
            {"two": "product 1 moved -3, not -1"},
        ),
        (
            replace(BOOKS, movements=[*BOOKS.movements, Movement(order_id="two", product_id=9, quantity=-1)]),
            "stock movement for each",
            {"two": "product 9 moved -1, not nothing"},
        ),
        (
            replace(BOOKS, captures=BOOKS.captures[:1]),
            "capture",
            {"two": "captured nothing, not 200"},
        ),
        (
            replace(BOOKS, captures=[*BOOKS.captures, BOOKS.captures[0]]),
            "capture",
            {"one": "captured 500 and 500, not 500"},
        ),
        (
            replace(BOOKS, captures=[BOOKS.captures[0], Capture(order_id="two", amount=199)]),
            "capture",
            {"two": "captured 199, not 200"},
        ),
        (replace(BOOKS, mails={"one": 1}), "mail", {"two": "0 mails"}),
        (replace(BOOKS, mails={"one": 2, "two": 1}), "mail", {"one": "2 mails"}),
        (
            replace(BOOKS, dead={DEAD: []}),
            "poison",
            {"message poison": f"0 times in {DEAD}, not once"},
        ),
        (
            replace(BOOKS, dead={DEAD: ["poison"], "mail-dead-letters": ["order"]}),
            "nothing else died",
            {"message order": "died in mail-dead-letters, and is no poison"},
        ),
        (
            replace(BOOKS, after=replace(AFTER, stock={1: 7, 2: 8})),
            "pieces ordered",
            {"product 2": "2 taken, not 1"},
        ),
        (
            replace(BOOKS, after=replace(AFTER, moved={1: -7, 2: -2})),
            "stock movements",
            {"product 2": "1 taken, not 2"},
        ),
        (replace(BOOKS, after=replace(AFTER, captured=1_699)), "money", {}),
        (
            replace(BOOKS, waiting={"outbox": 3, "inventory": 0}),
            "nothing is left",
            {"outbox": "3 are left"},
        ),
    ],
)
def test_what_is_lost_doubled_or_too_much_breaks_its_promise_and_is_named(
    books: Books, promise: str, named: dict[str, str]
) -> None:
    found = [check for name, check in broken(books).items() if promise in name]

    assert [check.wrong for check in found] == [named]
    assert not outcome(books).balances
    assert document(outcome(books))["balances"] is False


def test_a_poison_message_that_died_in_another_queue_is_missed_in_its_own() -> None:
    found = broken(replace(BOOKS, dead={DEAD: [], "mail-dead-letters": ["poison"]}))

    assert len(found) == 2


def test_people_are_told_the_first_of_many_and_how_many_more() -> None:
    orders = [Acknowledged(order_id=f"order-{number}", quantities={1: 1}, total=1) for number in range(25)]
    lost = outcome(replace(BOOKS, acknowledged=orders, statuses={}))

    lines = [line for line in wrong(lost) if "is lost" in line or "orders are there" in line]

    assert len(lines) == 21
    assert lines[-1].endswith("and 5 more (--json names all)")
    assert table(lost).row_count == len(lost.checks)

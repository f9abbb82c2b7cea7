"""Books that balance hold every promise; each thing that is lost, doubled or too much is found and named."""

import json
from dataclasses import replace

import pytest

from scripts.drill.books import Acknowledged, Books, Capture, Mail, Movement, Shelf
from scripts.drill.drill import Outcome
from scripts.drill.reconciliation import Check, reconcile
from scripts.drill.report import document, table, wrong

DEAD = "inventory-dead-letters"
ONE = Acknowledged(order_id="one", quantities={1: 2, 2: 1}, total=500)
TWO = Acknowledged(order_id="two", quantities={1: 1}, total=200)
BEFORE = Shelf(stock={1: 10, 2: 10}, ordered={1: 4}, moved={1: -4}, captured=1_000, paid=1_000)
AFTER = Shelf(stock={1: 7, 2: 9}, ordered={1: 7, 2: 1}, moved={1: -7, 2: -1}, captured=1_700, paid=1_700)
FIRST = Mail(id="first", order_id="one", sent_at=100.0)
SECOND = Mail(id="second", order_id="two", sent_at=101.0)
OTHERS = [Mail(id=f"other-{number}", order_id="of somebody else", sent_at=99.0) for number in range(3)]
MAILS = [FIRST, SECOND, *OTHERS]
BOOKS = Books(
    acknowledged=[ONE, TWO],
    statuses={"one": "paid", "two": "paid"},
    movements=[
        Movement(order_id="one", product_id=1, quantity=-2),
        Movement(order_id="one", product_id=2, quantity=-1),
        Movement(order_id="two", product_id=1, quantity=-1),
    ],
    captures=[Capture(order_id="one", amount=500), Capture(order_id="two", amount=200)],
    mails=MAILS,
    noted={"first", "second"},
    killed={},
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
        (0, 0),
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
        (replace(BOOKS, mails=[FIRST]), "a mail for each", {"two": "no mail"}),
        (
            replace(BOOKS, mails=[*MAILS, Mail(id="again", order_id="one", sent_at=90.0)]),
            "mails sent again",
            {"one": "2 mails, 0 of them sent again after a kill"},
        ),
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


def sent_again(killed: list[float], *sent_at: float) -> Books:
    """Books in which the first order got mails besides the one that is noted, which is of 100 s."""
    more = [Mail(id=f"again-{at}", order_id="one", sent_at=at) for at in sent_at]
    return replace(BOOKS, mails=[*MAILS, *more], killed={"one": killed})


@pytest.mark.parametrize(
    "books", [sent_again([95.0], 90.0), sent_again([80.0, 95.0], 90.0), sent_again([80.0, 95.0], 75.0, 90.0)]
)
def test_a_mail_that_is_sent_again_after_a_kill_has_a_line_and_breaks_no_promise(books: Books) -> None:
    [line] = [check for check in reconcile(books) if "sent again" in check.promise]

    assert line.holds
    assert line.found == len(books.mails) - len(MAILS)
    assert outcome(books).balances


@pytest.mark.parametrize(
    ("books", "told"),
    [
        (sent_again([], 90.0), "2 mails, 0 of them"),
        (sent_again([95.0], 96.0), "2 mails, 0 of them"),
        (sent_again([95.0], 90.0, 91.0), "3 mails, 1 of them"),
        (sent_again([95.0], 90.0, 99.0), "3 mails, 1 of them"),
        (sent_again([80.0, 95.0], 90.0, 91.0), "3 mails, 1 of them"),
    ],
    ids=["nobody killed", "sent later", "twice before", "once before, once later", "twice before one of two"],
)
def test_a_mail_that_no_kill_explains_is_wrong_beside_one_that_is_explained(books: Books, told: str) -> None:
    assert [check.wrong for check in broken(books).values()] == [{"one": f"{told} sent again after a kill"}]
    assert not outcome(books).balances


def test_a_kill_explains_the_mails_of_its_own_order_alone() -> None:
    again = Mail(id="again", order_id="two", sent_at=90.0)

    assert broken(replace(BOOKS, mails=[*MAILS, again], killed={"one": [95.0]}))


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

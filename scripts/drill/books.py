"""The books of a drill: what was promised, and what everyone who had a part in it wrote down."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

Quantities = Mapping[int, int]  # pieces by product


@dataclass(frozen=True, kw_only=True)
class Acknowledged:
    """An order that the shop took, and whose payment it took: `quantities` by product, `total` in cents."""

    order_id: str
    quantities: Quantities
    total: int


@dataclass(frozen=True, kw_only=True)
class Movement:
    """A stock movement: pieces that left the stock are negative."""

    order_id: str
    product_id: int
    quantity: int


@dataclass(frozen=True, kw_only=True)
class Capture:
    """Money that was taken for an order, in cents."""

    order_id: str
    amount: int


@dataclass(frozen=True, kw_only=True)
class Mail:
    """A mail about an order, as SES took it: its id there, and when that was, in seconds since the epoch."""

    id: str
    order_id: str
    sent_at: float


@dataclass(frozen=True, kw_only=True)
class Shelf:
    """What the database says of all orders together.

    Attributes:
        stock: what is left of each product.
        ordered: pieces of each product in the lines of all orders.
        moved: the sum of each product's stock movements.
        captured: cents that were taken.
        paid: cents that the paid orders come to.
    """

    stock: Quantities
    ordered: Quantities
    moved: Quantities
    captured: int
    paid: int


@dataclass(frozen=True, kw_only=True)
class Books:
    """All that a reconciliation looks at.

    Attributes:
        acknowledged: the orders of the drill.
        statuses: of those of them that the database has, by id.
        movements, captures: of these orders.
        mails: about these orders and others, the oldest first.
        noted: the ids of the mails that whoever sent them noted as sent.
        killed: of each order that somebody died over who was to mail, and had not noted it: until when
            nobody else could try, in seconds since the epoch, for each who died.
        before, after: the shelf when the drill began, and now.
        waiting: what is left in the outbox and in each queue, by its name.
        poison: the ids of the poison messages that were sent, by dead-letter queue.
        dead: the ids of the messages that died since the drill began, by dead-letter queue.
    """

    acknowledged: Sequence[Acknowledged]
    statuses: Mapping[str, str]
    movements: Sequence[Movement]
    captures: Sequence[Capture]
    mails: Sequence[Mail]
    noted: Collection[str]
    killed: Mapping[str, Sequence[float]]
    before: Shelf
    after: Shelf
    waiting: Mapping[str, int]
    poison: Mapping[str, Sequence[str]]
    dead: Mapping[str, Sequence[str]]

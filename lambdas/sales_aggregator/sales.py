"""What was sold: an order that was paid, and the windows of time that it is counted in."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, Self

from lambdas.events import Event, MalformedEventError

TYPE = "order.paid"
LARGEST = 10**15  # of any number: sums of as many as a shop sells stay within DynamoDB's 38 digits
MOST_LINES = 50  # what the shop lets an order have
PART = 40  # lines that are counted at once: with both of their windows they fit into one transaction
# How long windows of each kind are kept.
MINUTES_KEPT = timedelta(days=8)
DAYS_KEPT = timedelta(days=5 * 366)


class Window(NamedTuple):
    """What one item of the table counts: a product's sales of a time, in one currency.

    `name` says the time, in UTC: `minute#2025-11-24T12:00Z#EUR` or `day#2025-11-24#EUR`. `expires_at` is in
    seconds since 1970.
    """

    product_id: str
    name: str
    currency: str
    expires_at: int


@dataclass(frozen=True, kw_only=True)
class Line:
    """Some pieces of a product, at a price for each in the currency's minor unit."""

    product_id: str
    quantity: int
    unit_price_minor: int


@dataclass(frozen=True, kw_only=True)
class Sale:
    """An order that was paid at a time; `id` is that of the event."""

    id: str
    occurred_at: datetime
    currency: str
    lines: tuple[Line, ...]

    @classmethod
    def parse(cls, record: bytes) -> Self:
        """Read a record's data.

        Raises:
            MalformedEventError: it is no `order.paid` of this version; the message says why.
        """
        event = Event.parse(record, {TYPE})
        try:
            return cls(
                id=str(event.id),
                occurred_at=event.occurred_at,
                currency=_currency(event.data["currency"]),
                lines=tuple(
                    Line(
                        product_id=str(_whole(line["product_id"])),
                        quantity=_whole(line["quantity"]),
                        unit_price_minor=_whole(line["unit_price_minor"]),
                    )
                    for line in _lines(event.data["lines"])
                ),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise MalformedEventError(f"not what was paid: {error!r}") from error

    def parts(self) -> Iterator[Self]:
        """Yield the sale cut into what is counted at once, always in the same way, each with its own id."""
        for start in range(0, len(self.lines), PART):
            yield replace(self, id=f"{self.id}#{start}", lines=self.lines[start : start + PART])

    def counts(self) -> Iterator[tuple[Window, Line]]:
        """Yield what is counted where: by when it happened, however late it comes."""
        minute = self.occurred_at.astimezone(UTC).replace(second=0, microsecond=0)
        day = minute.replace(hour=0, minute=0)
        kinds = (
            (f"minute#{minute:%Y-%m-%dT%H:%MZ}", minute + MINUTES_KEPT),
            (f"day#{day:%Y-%m-%d}", day + DAYS_KEPT),
        )
        for line in self.lines:
            for name, expires in kinds:
                expires_at = int(expires.timestamp())
                yield Window(line.product_id, f"{name}#{self.currency}", self.currency, expires_at), line


def totals(sales: Iterable[Sale]) -> tuple[Counter[Window], Counter[Window]]:
    """Return the pieces and the revenue of each window that the sales are counted in."""
    pieces: Counter[Window] = Counter()
    revenue: Counter[Window] = Counter()
    for sale in sales:
        for window, line in sale.counts():
            pieces[window] += line.quantity
            revenue[window] += line.quantity * line.unit_price_minor
    return pieces, revenue


def _lines(value: object) -> list[Any]:
    if not isinstance(value, list) or not 1 <= len(value) <= MOST_LINES:
        raise ValueError(f"lines must be a list of 1 to {MOST_LINES}")
    return value


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST:
        raise ValueError(f"{value!r} is not a whole number from 0 to {LARGEST}")
    return value


def _currency(value: object) -> str:
    if not isinstance(value, str) or len(value) != 3 or not value.isascii() or not value.isupper():
        raise ValueError(f"currency {value!r} is not an ISO 4217 code")
    return value

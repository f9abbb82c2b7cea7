"""Makes a day's report of what all shards have of it, and finds those that were made."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from uuid import UUID

from asyncpg import Record

from app.orders.states import State
from app.platform.database import Database
from app.platform.election import Term
from app.platform.identifiers import first_uuid7
from app.platform.problems import NotFoundError
from app.platform.shards import Shards
from app.reports import store
from app.reports.schemas import Report, SoldProduct, Takings

PAID: tuple[State, ...] = ("paid", "shipped", "delivered")
BEST = 10  # products that a report names


class Reports:
    """Reports of days; they are kept in the database that the products are in."""

    def __init__(self, shards: Shards, database: Database) -> None:
        self._shards = shards
        self._database = database

    async def find(self, day: date) -> Report:
        """Return the report of a day.

        Raises:
            NotFoundError: there is none, or none yet.
            UnavailableError: the database is down.
        """
        report = await self._database.read(partial(store.find, day=day))
        if report is None:
            raise NotFoundError(
                f"There is no report of {day}: one is made an hour after a day (UTC) is over."
            )
        return report

    async def missing(self, days: Sequence[date]) -> list[date]:
        """Return those of the days, which are in their order, of which there is no report.

        Raises:
            UnavailableError: the database is down.
        """
        made = await self._database.read(partial(store.made, since=days[0]), "strong")
        return [day for day in days if day not in made]

    async def make(self, day: date, term: Term) -> Report:
        """Make the report of a day and keep it, if this process still leads when it is written.

        Raises:
            DeposedError: a later leader has begun to write.
            UnavailableError: a shard is down. Half a report is none.
        """
        first, end = (first_uuid7(_start(each)) for each in (day, day + timedelta(days=1)))
        orders, sold = await self._gather(first, end)
        report = Report(
            day=day,
            made_at=datetime.now(UTC),
            orders=_by_state(orders),
            takings=_takings(orders),
            best_sellers=_best(sold),
        )
        async with self._database.transaction() as session:
            await term.guard(session)
            await store.keep(session, report)
        return report

    async def _gather(self, first: UUID, end: UUID) -> tuple[list[Record], list[Record]]:
        """Ask one shard after the other: nobody waits for this."""
        orders: list[Record] = []
        sold: list[Record] = []
        for shard in self._shards.databases.values():
            orders += await shard.read(partial(store.orders, first=first, end=end), "strong")
            sold += await shard.read(partial(store.sold, first=first, end=end), "strong")
        return orders, sold


def _start(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def _by_state(rows: Iterable[Record]) -> dict[State, int]:
    counts: Counter[State] = Counter()
    for row in rows:
        counts[row["status"]] += row["orders"]
    return dict(counts)


def _takings(rows: Iterable[Record]) -> list[Takings]:
    orders: Counter[str] = Counter()
    totals: Counter[str] = Counter()
    for row in rows:
        if row["status"] in PAID:
            orders[row["currency"]] += row["orders"]
            totals[row["currency"]] += row["total"]
    return [
        Takings(currency=currency, orders=orders[currency], total_minor=totals[currency])
        for currency in sorted(orders)
    ]


def _best(rows: Iterable[Record]) -> list[SoldProduct]:
    """Return the products of which most pieces were sold; of as many, the older ones."""
    pieces: Counter[int] = Counter()
    names: dict[int, str] = {}
    for row in rows:
        pieces[row["product_id"]] += row["pieces"]
        names[row["product_id"]] = row["product_name"]
    best = sorted(pieces.items(), key=lambda each: (-each[1], each[0]))[:BEST]
    return [
        SoldProduct(product_id=product, product_name=names[product], pieces=count) for product, count in best
    ]

"""Queries over all shards: scattered to them, gathered into one page.

Each slot's rows are taken from exactly one shard, the one that owned it before and after it answered, so that
no row is missing or doubled while slots move. A page costs every shard a page: for what is asked now and
then.
"""

import asyncio
import heapq
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from asyncpg import Record

from app.platform import ownership
from app.platform.database import ReadSession
from app.platform.problems import UnavailableError
from app.platform.shards import HOPS, PAUSE, Shards
from app.platform.slots import SLOTS

AT_ONCE = 4  # shards that one query asks at the same time
LONGEST_PAGE = 500  # rows


class Comparable(Protocol):
    """What rows are sorted by."""

    def __lt__(self, other: Any, /) -> bool: ...


# Takes slots and returns at most so many rows of these, in the order of the page's key, each with its `slot`.
Query = Callable[[ReadSession, Sequence[int], int], Awaitable[Sequence[Record]]]
Key = Callable[[Record], Comparable]
OnFailure = Literal["fail", "leave out"]


@dataclass(frozen=True)
class Page:
    """Rows in order.

    `is_last`: no further rows follow. `missing`: the slots of which nothing is known, as no shard that
    answered owns them; rows of these are left out.
    """

    rows: list[Record]
    is_last: bool
    missing: frozenset[int]


@dataclass
class _Gathered:
    rows: list[list[Record]] = field(default_factory=list)
    horizons: list[Comparable] = field(default_factory=list)  # keys up to which an answer is complete


async def page(shards: Shards, query: Query, key: Key, limit: int, on_failure: OnFailure) -> Page:
    """Ask all shards for a page and merge their answers by `key`, the lowest first.

    The next page starts after the last row, which the caller's query knows how to do (keyset pagination).
    When a shard is down, "fail" raises, and "leave out" returns what the others have.

    Raises:
        ValueError: `limit` is not between 1 and `LONGEST_PAGE`.
        UnavailableError: a shard does not answer and nothing may be left out.
    """
    if not 1 <= limit <= LONGEST_PAGE:
        raise ValueError(f"a page has 1 to {LONGEST_PAGE} rows, not {limit}")
    gathered = _Gathered()
    pending, failed = set(range(SLOTS)), set[int]()
    for hop in range(HOPS):
        await asyncio.sleep(PAUSE * max(0, hop - 1))
        asked = {
            shard: slots for shard, slots in (await _owned(shards, pending)).items() if shard not in failed
        }
        answers = await _ask(shards, asked, query, limit)
        for shard, answer in answers.items():
            if isinstance(answer, UnavailableError):
                if on_failure == "fail":
                    raise answer
                failed.add(shard)
                continue
            rows, lost = answer
            pending -= asked[shard].keys() - lost
            _take(gathered, rows, lost, key, limit)
        if not pending:
            break
        await shards.refresh()
    if pending and on_failure == "fail":
        raise UnavailableError("the database is being rearranged")
    return _merged(gathered, key, limit, frozenset(pending))


async def _owned(shards: Shards, slots: set[int]) -> Mapping[int, Mapping[int, int]]:
    return {1: dict.fromkeys(slots, 0)} if shards.is_plain else await shards.owned(slots)


async def _ask(
    shards: Shards, asked: Mapping[int, Mapping[int, int]], query: Query, limit: int
) -> dict[int, tuple[Sequence[Record], set[int]] | UnavailableError]:
    """Return of each shard its rows and the slots for which they do not count, or that it does not answer."""
    places = asyncio.Semaphore(AT_ONCE)

    async def ask(shard: int) -> tuple[Sequence[Record], set[int]] | UnavailableError:
        slots = asked[shard]

        async def fenced(session: ReadSession) -> tuple[Sequence[Record], set[int]]:
            rows = await query(session, sorted(slots), limit)
            if shards.is_plain:
                return rows, set()
            owned = await ownership.owned(session)
            return rows, {slot for slot, epoch in slots.items() if owned.get(slot) != epoch}

        async with places:
            try:
                return await shards.databases[shard].read(fenced, "strong")
            except UnavailableError as error:
                return error

    answers = await asyncio.gather(*(ask(shard) for shard in asked))
    return dict(zip(asked, answers, strict=True))


def _take(gathered: _Gathered, rows: Sequence[Record], lost: set[int], key: Key, limit: int) -> None:
    gathered.rows.append([row for row in rows if row["slot"] not in lost])
    if len(rows) >= limit:
        gathered.horizons.append(key(rows[-1]))


def _merged(gathered: _Gathered, key: Key, limit: int, missing: frozenset[int]) -> Page:
    """Merge the answers as far as all are complete: a shard's further rows may come before another's."""
    merged = list(heapq.merge(*gathered.rows, key=key))
    for horizon in gathered.horizons:
        merged = [row for row in merged if not horizon < key(row)]
    is_last = not gathered.horizons and len(merged) <= limit
    return Page(merged[:limit], is_last, missing)

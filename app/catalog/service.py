"""Finding products, from the fastest place that knows them."""

import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial

from asyncpg import Record
from pydantic_core import to_json

from app.catalog import store
from app.catalog.schemas import Categories, ListQuery, Part, Product, ProductSummary
from app.platform.cache import Cache
from app.platform.consistency import Consistency, for_database
from app.platform.database import Database, ReadSession
from app.platform.memory import Cached
from app.platform.pagination import Cursor
from app.platform.problems import NotFoundError

# Seconds in Redis. An order forgets the products that it took; a replica that lags may bring the old stock
# back.
PRODUCT_LIFETIME = 30.0
CATEGORIES_LIFETIME = 60.0
# Part of the keys: raised when the bodies change, so that two releases side by side do not read each other's.
SHAPE = 2
SUMMARY = tuple(ProductSummary.model_fields)
NUMBER = 1  # of the database that has the products, as tokens name it


class Catalog:
    """Reads of products; all of them may be a little behind."""

    def __init__(self, database: Database, cache: Cache) -> None:
        self._database = database
        self._cache = cache

    async def product(self, product_id: int, consistency: Consistency = "eventual") -> Cached:
        """Return the product as a finished JSON body; from a cache unless the client wants more.

        Raises:
            NotFoundError: there is none.
            UnavailableError: the database does not answer, and no cache has it.
        """
        if consistency == "eventual":
            load = partial(self._load_product, product_id, "eventual")
            found = await self._cache.get_or_load(_product_key(product_id), load, PRODUCT_LIFETIME)
        else:
            found = Cached.of(await self._load_product(product_id, consistency), "origin")
        if found.body is None:
            raise NotFoundError(f"There is no product {product_id}.")
        return found

    async def page(self, wanted: ListQuery, consistency: Consistency = "eventual") -> bytes:
        """Return one page as a JSON body (`ProductPage`): of a search, the best match first; else by id.

        Raises:
            InvalidRequestError: the cursor is not one of ours.
            UnavailableError: the database does not answer.
        """
        after = Cursor.decode(wanted.cursor) if wanted.cursor else None
        asked = for_database(consistency, NUMBER)
        rows = await self._database.read(_query(wanted, after), asked)
        if not rows and wanted.q and after is None:
            rows = await self._database.read(partial(_similar, wanted=wanted), asked)
        # Written as they are: models would be built of what the database has checked, only to be dumped.
        shown = _summary if wanted.q is None else _found
        items = [shown(row) for row in rows[: wanted.limit]]
        if len(rows) <= wanted.limit:
            return to_json({"items": items, "next": None})
        last = rows[wanted.limit - 1]
        return to_json({"items": items, "next": Cursor(rank=last["rank"], id=last["id"]).encode()})

    async def categories(self) -> Cached:
        """Return the categories as a finished JSON body."""
        key = f"categories:{SHAPE}"
        return await self._cache.get_or_load(key, self._load_categories, CATEGORIES_LIFETIME)

    async def forget(self, product_ids: Iterable[int]) -> None:
        """Drop products from the cache after a change of theirs was committed."""
        await self._cache.forget(_product_key(product_id) for product_id in product_ids)

    async def _load_product(self, product_id: int, consistency: Consistency) -> bytes | None:
        query = partial(store.product, product_id=product_id)
        row = await self._database.read(query, for_database(consistency, NUMBER))
        return None if row is None else Product.model_validate(dict(row)).model_dump_json().encode()

    async def _load_categories(self) -> bytes:
        rows = await self._database.read(store.categories)
        return Categories(items=[row["category"] for row in rows]).model_dump_json().encode()


def _query(wanted: ListQuery, after: Cursor | None) -> Callable[[ReadSession], Awaitable[Sequence[Record]]]:
    """Return the query of a page and of one row more, which tells whether a page follows."""
    limit = wanted.limit + 1
    if wanted.q is None:
        return partial(store.page, category=wanted.category, after_id=after.id if after else 0, limit=limit)
    words = as_tsquery(wanted.q)
    return partial(store.search, query=words, category=wanted.category, after=after, limit=limit)


async def _similar(session: ReadSession, wanted: ListQuery) -> Sequence[Record]:
    """Return what has words like those that were searched for, where the server can tell: one page."""
    if not await store.knows_similarity(session):
        return []
    return await store.similar(session, wanted.q or "", wanted.category, wanted.limit)


def _summary(row: Record) -> dict[str, object]:
    return {name: row[name] for name in SUMMARY}


def _found(row: Record) -> dict[str, object]:
    """Return a product as a search shows it; what was only alike has no headline."""
    headline = row.get("headline")
    return _summary(row) | {"highlights": None if headline is None else _parts(headline)}


def _parts(headline: str) -> list[Part]:
    """Cut the text where the matches begin and end; they do so in turn."""
    pieces = re.split(f"[{store.BEGINS}{store.ENDS}]", headline)
    return [Part(text=text, matches=number % 2 == 1) for number, text in enumerate(pieces) if text]


def as_tsquery(words: str) -> str:
    """Return the `tsquery` for all of the words, each of them possibly only begun: "red cu" finds red cups.

    Only letters and digits are kept, so no text breaks the query's syntax; without any, it finds nothing.
    """
    return " & ".join(f"'{word}':*" for word in re.findall(r"[^\W_]+", words))


def _product_key(product_id: int) -> str:
    return f"product:{SHAPE}:{product_id}"

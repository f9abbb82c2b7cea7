"""The reviews' table: an item for each product and author, and counts beside them.

The counts of a product are an item a region, which only that region adds to: DynamoDB replicates items, not
additions, and of two regions' counts in one item it would keep one.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from app.platform.pagination import Moment
from app.platform.table import Condition, ConditionError, Field, Item, Table
from app.reviews.schemas import Ratings, Review

COUNTS = "counts#"  # and the region: no author is called so
# The index that finds reviews by an attribute, and the attribute that tells them apart there.
INDEXES = {"product_id": ("by-product", "author_id"), "author_id": ("by-author", "product_id")}


async def review(table: Table, product: int, author: UUID) -> Review | None:
    """Return an author's review of a product, as it is now.

    Raises:
        UnavailableError: DynamoDB does not answer, or asks to slow down.
    """
    item = await table.get(_key(product, str(author)))
    return None if item is None else Review.model_validate(item)


async def write(table: Table, region: str, new: Review, old: Review | None) -> bool:
    """Put `new` in the place of `old` and count it; return False if by now there is another one than `old`.

    Raises:
        UnavailableError: DynamoDB does not answer, or others count reviews of the same product.
    """
    item = new.model_dump(mode="json") | {"product_id": str(new.product_id)}
    counts = {_count(new.rating): 1}
    if old:
        counts = {_count(old.rating): -1, **counts} if old.rating != new.rating else {}
    counting = [table.adding(_key(new.product_id, COUNTS + region), counts)] if counts else []
    return await _done(table, table.putting(item, _unchanged(old)), *counting)


async def delete(table: Table, region: str, old: Review) -> bool:
    """Delete a review and no longer count it; return False if by now there is another one.

    Raises:
        UnavailableError: DynamoDB does not answer, or others count reviews of the same product.
    """
    deleting = table.deleting(_key(old.product_id, str(old.author_id)), _unchanged(old))
    counting = table.adding(_key(old.product_id, COUNTS + region), {_count(old.rating): -1})
    return await _done(table, deleting, counting)


async def of_product(
    table: Table, product: int, after: Moment | None, limit: int
) -> tuple[list[Review], Moment | None]:
    """Return reviews of a product, the newest first, and the place after which the next page starts.

    Raises:
        UnavailableError: DynamoDB does not answer, or asks to slow down.
    """
    return await _page(table, Field("product_id", str(product)), after, limit)


async def of_author(
    table: Table, author: UUID, after: Moment | None, limit: int
) -> tuple[list[Review], Moment | None]:
    """Return an author's reviews, the newest first, and the place after which the next page starts.

    Raises:
        UnavailableError: DynamoDB does not answer, or asks to slow down.
    """
    return await _page(table, Field("author_id", str(author)), after, limit)


async def ratings(table: Table, product: int) -> Ratings:
    """Return what the reviews of a product come to, as far as the other regions' have come here.

    Raises:
        UnavailableError: DynamoDB does not answer, or asks to slow down.
    """
    items = await table.query(Field("product_id", str(product)), Field("author_id", COUNTS))
    by_rating = {rating: sum(item.get(_count(rating), 0) for item in items) for rating in range(1, 6)}
    count = sum(by_rating.values())
    total = sum(rating * given for rating, given in by_rating.items())
    return Ratings(count=count, average=round(total / count, 2) if count else None, by_rating=by_rating)


def _key(product: int, author: str) -> Item:
    return {"product_id": str(product), "author_id": author}


def _unchanged(old: Review | None) -> Condition:
    if old is None:
        return Condition(expression="attribute_not_exists(product_id)", values={})
    return Condition(expression="version = :version", values={"version": old.version})


def _count(rating: int) -> str:
    return f"rated_{rating}"


async def _page(
    table: Table, key: Field, after: Moment | None, limit: int
) -> tuple[list[Review], Moment | None]:
    index, other = INDEXES[key.name]
    start = {key.name: key.value, other: after.id, "created_at": after.created_at} if after else None
    page = await table.page(index, key, start, limit)
    items = [Review.model_validate(item) for item in page.items]
    if page.next is None:
        return items, None
    return items, Moment(created_at=page.next["created_at"], id=page.next[other])


async def _done(table: Table, *actions: Mapping[str, Any]) -> bool:
    try:
        await table.transact(*actions)
    except ConditionError:
        return False
    return True

"""Writing and reading reviews."""

from datetime import UTC, datetime
from uuid import UUID

from app.catalog.service import Catalog
from app.platform.pagination import Moment
from app.platform.preconditions import Precondition
from app.platform.problems import NotFoundError, UnavailableError
from app.platform.table import Table
from app.reviews import store
from app.reviews.schemas import NewReview, ProductReviews, Review, ReviewPage

TRIES = 5  # of a change, when the author makes another at the same moment


class Reviews:
    """The reviews of all products, as this region sees and counts them."""

    def __init__(self, table: Table, region: str, catalog: Catalog) -> None:
        self._table = table
        self._region = region
        self._catalog = catalog

    async def write(
        self, product: int, author: UUID, new: NewReview, precondition: Precondition
    ) -> tuple[Review, bool]:
        """Write the author's review of a product, or replace it; return it, and whether it is the first.

        Raises:
            NotFoundError: there is no such product.
            PreconditionFailedError: the review is another one than the client thinks.
            UnavailableError: DynamoDB does not answer, or asks to slow down.
        """
        await self._catalog.product(product)
        for _ in range(TRIES):
            old = await store.review(self._table, product, author)
            precondition.check(str(old.version) if old else None)
            review = _written(product, author, new, old)
            if await store.write(self._table, self._region, review, old):
                return review, old is None
        raise UnavailableError("the review is being changed by others")

    async def delete(self, product: int, author: UUID) -> None:
        """Delete an author's review of a product.

        Raises:
            NotFoundError: there is none.
            UnavailableError: DynamoDB does not answer, or asks to slow down.
        """
        for _ in range(TRIES):
            old = await store.review(self._table, product, author)
            if old is None:
                raise NotFoundError(f"There is no such review of product {product}.")
            if await store.delete(self._table, self._region, old):
                return
        raise UnavailableError("the review is being changed by others")

    async def of_product(self, product: int, cursor: str | None, limit: int) -> ProductReviews:
        """Return reviews of a product, the newest first; the last moment's may be missing.

        Raises:
            InvalidRequestError: the cursor is not one of ours.
            UnavailableError: DynamoDB does not answer, or asks to slow down.
        """
        after = Moment.decode(cursor) if cursor else None
        items, place = await store.of_product(self._table, product, after, limit)
        ratings = await store.ratings(self._table, product)
        return ProductReviews(items=items, next=place.encode() if place else None, ratings=ratings)

    async def of_author(self, author: UUID, cursor: str | None, limit: int) -> ReviewPage:
        """Return an author's reviews, the newest first; the last moment's may be missing.

        Raises:
            InvalidRequestError: the cursor is not one of ours.
            UnavailableError: DynamoDB does not answer, or asks to slow down.
        """
        after = Moment.decode(cursor) if cursor else None
        items, place = await store.of_author(self._table, author, after, limit)
        return ReviewPage(items=items, next=place.encode() if place else None)


def _written(product: int, author: UUID, new: NewReview, old: Review | None) -> Review:
    now = datetime.now(UTC)
    return Review(
        **new.model_dump(),
        product_id=product,
        author_id=author,
        created_at=old.created_at if old else now,
        updated_at=now,
        version=old.version + 1 if old else 1,
    )

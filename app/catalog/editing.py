"""Changing what the shop sells.

Whoever edits says which version of the product is to be changed, so that nobody undoes what another one did
meanwhile. A change tells of itself by an event of its own transaction; the relay drops the product from the
cache when it publishes that, also for a process that died in between.
"""

from functools import partial

from asyncpg import ForeignKeyViolationError, Record, UniqueViolationError

from app.catalog import store
from app.catalog.schemas import EditedProduct, NewProduct, StoredProduct
from app.catalog.service import NUMBER, Catalog
from app.events.products import ProductChanged
from app.platform import outbox
from app.platform.consistency import Token
from app.platform.database import Database, WriteSession
from app.platform.preconditions import Precondition
from app.platform.problems import NotFoundError, ShopError


class SkuTakenError(ShopError):
    """Another product has the SKU."""

    status = 409
    type = "/problems/sku-taken"
    title = "The SKU is taken"


class ReservedError(ShopError):
    """Customers have reserved the product."""

    status = 409
    type = "/problems/product-reserved"
    title = "The product is reserved"


class Editing:
    """Adds, edits and deletes products."""

    def __init__(self, database: Database, catalog: Catalog) -> None:
        self._database = database
        self._catalog = catalog

    async def product(self, product_id: int) -> StoredProduct:
        """Return the product as it is now, to be edited.

        Raises:
            NotFoundError: there is none.
            UnavailableError: the primary is down.
        """
        row = await self._database.read(partial(store.product, product_id=product_id), "strong")
        return _stored(row, product_id)

    async def add(self, new: NewProduct) -> tuple[StoredProduct, Token | None]:
        """Add a product.

        Raises:
            SkuTakenError: another product has its SKU.
            UnavailableError: the primary is down or busy.
        """
        try:
            async with self._database.transaction() as session:
                row = await store.add(session, new)
                await outbox.append(session, ProductChanged(product_id=row["id"]).event())
        except UniqueViolationError:
            raise _taken(new) from None
        return _stored(row, row["id"]), await self._spread(row["id"])

    async def edit(
        self, product_id: int, edited: EditedProduct, precondition: Precondition
    ) -> tuple[StoredProduct, Token | None]:
        """Put the edited product in the place of the one that there is; its stock stays.

        Raises:
            NotFoundError: there is none.
            PreconditionFailedError: it is another version than the client thinks.
            SkuTakenError: another product has its SKU.
            UnavailableError: the primary is down or busy.
        """
        try:
            async with self._database.transaction() as session:
                await self._check(session, product_id, precondition)
                row = await store.edit(session, product_id, edited)
                await outbox.append(session, ProductChanged(product_id=product_id).event())
        except UniqueViolationError:
            raise _taken(edited) from None
        return _stored(row, product_id), await self._spread(product_id)

    async def delete(self, product_id: int, precondition: Precondition) -> Token | None:
        """Delete the product. Orders keep its name and price.

        Raises:
            NotFoundError: there is none.
            PreconditionFailedError: it is another version than the client thinks.
            ReservedError: customers have reserved it.
            UnavailableError: the primary is down or busy.
        """
        try:
            async with self._database.transaction() as session:
                await self._check(session, product_id, precondition)
                await store.delete(session, product_id)
                await outbox.append(session, ProductChanged(product_id=product_id).event())
        except ForeignKeyViolationError:
            raise ReservedError(
                f"Customers have reserved product {product_id}: delete it once their orders are shipped."
            ) from None
        return await self._spread(product_id)

    async def _check(self, session: WriteSession, product_id: int, precondition: Precondition) -> None:
        found = await store.locked_version(session, product_id)
        if found is None:
            raise NotFoundError(f"There is no product {product_id}.")
        precondition.check(str(found))

    async def _spread(self, product_id: int) -> Token | None:
        """Forget the product here at once, and return the token of its change, if there is one."""
        await self._catalog.forget([product_id])
        return await self._database.token(NUMBER)


def _stored(row: Record | None, product_id: int) -> StoredProduct:
    if row is None:
        raise NotFoundError(f"There is no product {product_id}.")
    return StoredProduct.model_validate(dict(row))


def _taken(product: EditedProduct) -> SkuTakenError:
    return SkuTakenError(f"Another product has the SKU {product.sku}.", pointer="#/sku")

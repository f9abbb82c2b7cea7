"""Reading and changing carts."""

from collections.abc import Callable, Sequence
from functools import reduce
from uuid import UUID

from app.carts import store
from app.carts.cart import Cart
from app.carts.schemas import LARGEST_QUANTITY, MOST_LINES, CartLine, CartView
from app.carts.store import Version
from app.platform.problems import ShopError, UnavailableError
from app.platform.table import Table

TRIES = 5  # of a change, when others change the same cart at the same moment


class CartFullError(ShopError):
    """The cart would hold more than can be ordered at once."""

    status = 409
    type = "/problems/cart-full"
    title = "The cart is full"


class Carts:
    """The carts of all customers, as this region sees and changes them."""

    def __init__(self, table: Table, region: str) -> None:
        self._table = table
        self._region = region

    async def cart(self, owner: UUID) -> CartView:
        """Return the owner's cart, with what the other regions' changes have come to by now.

        Raises:
            UnavailableError: DynamoDB does not answer, or asks to slow down.
        """
        return _view(_merged(await store.versions(self._table, owner)))

    async def put(self, owner: UUID, product: int, quantity: int) -> CartView:
        """Put more of a product into the cart.

        Raises:
            CartFullError: it would be more than can be ordered.
            UnavailableError: DynamoDB does not answer, or others change the cart all the time.
        """
        return await self._change(owner, lambda cart: _checked(cart.put(self._region, product, quantity)))

    async def set(self, owner: UUID, product: int, quantity: int) -> CartView:
        """Have the cart hold so many of a product. What another region puts in meanwhile comes on top.

        Raises:
            CartFullError, UnavailableError: as `put` does.
        """

        def change(cart: Cart) -> Cart:
            return _checked(cart.take_out(product).put(self._region, product, quantity))

        return await self._change(owner, change)

    async def take_out(self, owner: UUID, product: int) -> CartView:
        """Take all of a product out of the cart.

        Raises:
            UnavailableError: DynamoDB does not answer, or others change the cart all the time.
        """
        return await self._change(owner, lambda cart: cart.take_out(product))

    async def empty(self, owner: UUID) -> CartView:
        """Take everything out of the cart.

        Raises:
            UnavailableError: DynamoDB does not answer, or others change the cart all the time.
        """
        return await self._change(owner, Cart.emptied)

    async def _change(self, owner: UUID, change: Callable[[Cart], Cart]) -> CartView:
        for _ in range(TRIES):
            found = await store.versions(self._table, owner)
            own = next((version for version in found if version.region == self._region), None)
            changed = change(_numbered_on(_merged(found), own))
            if await store.write(self._table, owner, self._region, changed, own.revision if own else 0):
                return _view(changed)
        raise UnavailableError("the cart is being changed by others")


def _merged(versions: Sequence[Version]) -> Cart:
    return reduce(Cart.merged, (version.cart for version in versions if not version.is_expired), Cart())


def _numbered_on(cart: Cart, own: Version | None) -> Cart:
    """Return the cart with new additions numbered after all that this region ever made.

    An expired version is not merged, yet another region may have seen its additions: a number that is given
    twice would count as taken out there.
    """
    if own is None:
        return cart
    newest = max(cart.seen.get(own.region, 0), own.cart.seen.get(own.region, 0))
    return Cart(cart.lines, {**cart.seen, own.region: newest})


def _checked(cart: Cart) -> Cart:
    if len(cart.quantities) > MOST_LINES:
        raise CartFullError(f"A cart holds {MOST_LINES} different products.", most_lines=MOST_LINES)
    for product, quantity in cart.quantities.items():
        if quantity > LARGEST_QUANTITY:
            detail = f"A cart holds {LARGEST_QUANTITY} of a product, not {quantity} of product {product}."
            raise CartFullError(detail, product_id=product, largest_quantity=LARGEST_QUANTITY)
    return cart


def _view(cart: Cart) -> CartView:
    return CartView(
        lines=[
            CartLine(product_id=product, quantity=quantity) for product, quantity in cart.quantities.items()
        ]
    )

"""/cart: the cart of whoever has signed in, never cached."""

from fastapi import APIRouter, Request, Response

from app.carts.schemas import CartView, Line, NewQuantity
from app.carts.service import Carts
from app.catalog.routes import ProductId
from app.platform.identity import SignedIn
from app.platform.problems import documented

router = APIRouter(prefix="/cart", tags=["cart"])


def carts(request: Request, response: Response) -> Carts:
    """Return the application's carts, for an answer that nobody keeps."""
    response.headers["cache-control"] = "no-store"
    found: Carts = request.app.state.carts
    return found


@router.get("", responses=documented(401, 503))
async def read_cart(request: Request, response: Response, who: SignedIn) -> CartView:
    """Show the cart."""
    return await carts(request, response).cart(who.subject)


@router.post("/lines", responses=documented(401, 409, 422, 503))
async def put_in(request: Request, response: Response, who: SignedIn, line: Line) -> CartView:
    """Put more of a product into the cart. A repeated request puts in more once again."""
    return await carts(request, response).put(who.subject, line.product_id, line.quantity)


@router.put("/lines/{product_id}", responses=documented(401, 409, 422, 503))
async def set_quantity(
    request: Request, response: Response, who: SignedIn, product_id: ProductId, new: NewQuantity
) -> CartView:
    """Have the cart hold so many of a product."""
    return await carts(request, response).set(who.subject, product_id, new.quantity)


@router.delete("/lines/{product_id}", responses=documented(401, 422, 503))
async def take_out(request: Request, response: Response, who: SignedIn, product_id: ProductId) -> CartView:
    """Take a product out of the cart, if it is there."""
    return await carts(request, response).take_out(who.subject, product_id)


@router.delete("", responses=documented(401, 503))
async def empty(request: Request, response: Response, who: SignedIn) -> CartView:
    """Take everything out of the cart."""
    return await carts(request, response).empty(who.subject)

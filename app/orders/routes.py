"""/orders: orders over HTTP, never cached. An order that is someone else's does not exist."""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from app.orders.live import Wanted
from app.orders.schemas import NewOrder, NewShipment, Order, OrderListQuery, OrderPage
from app.orders.service import Orders
from app.platform import consistency
from app.platform.event_stream import EventStream
from app.platform.idempotency import IdempotencyKey
from app.platform.identity import Identity, Role, SignedIn, bearer_token
from app.platform.problems import documented

router = APIRouter(prefix="/orders", tags=["orders"])

STAFF: tuple[Role, ...] = ("admin", "support")
"""The roles that see everyone's orders, and say what became of them."""


def orders(request: Request) -> Orders:
    """Return the application's orders."""
    found: Orders = request.app.state.orders
    return found


async def staff(who: SignedIn) -> None:
    """Let only staff go on."""
    who.require(*STAFF)


def owner(who: Identity) -> UUID | None:
    """Return whose orders someone may see: their own, or None for everyone's."""
    return None if who.roles.intersection(STAFF) else who.subject


@router.post("", status_code=201, response_model=Order, responses=documented(400, 401, 409, 422, 503))
async def place_order(
    request: Request, who: SignedIn, new: NewOrder, idempotency_key: IdempotencyKey = None
) -> Response:
    """Place an order, once for each Idempotency-Key.

    The answer comes once it is safe: whatever fails afterwards, the order is kept.
    """
    said = (await orders(request).place(who.subject, new, idempotency_key)).response()
    consistency.tell(said, await orders(request).token(who.subject))
    return said


@router.get("", responses=documented(401, 422, 503), openapi_extra=consistency.PARAMETERS)
async def list_orders(
    request: Request, who: SignedIn, wanted: Annotated[OrderListQuery, Query()], response: Response
) -> OrderPage:
    """List the own orders page by page, the newest first."""
    response.headers["cache-control"] = "no-store"
    return await orders(request).page(who.subject, wanted, consistency.asked(request, "strong"))


@router.get("/{order_id}", responses=documented(401, 404, 422, 503), openapi_extra=consistency.PARAMETERS)
async def read_order(request: Request, who: SignedIn, order_id: UUID, response: Response) -> Order:
    """Show an order."""
    response.headers["cache-control"] = "no-store"
    return await orders(request).order(order_id, owner(who), consistency.asked(request, "strong"))


@router.get(
    "/{order_id}/events",
    response_class=Response,
    responses=documented(401, 404, 422, 503)
    | {200: {"description": "Events `order` and `position`", "content": {"text/event-stream": {}}}},
)
async def follow_order(request: Request, who: SignedIn, order_id: UUID) -> EventStream:
    """Follow an order: as it is, each time that it changes, and where its courier is."""
    until = (await request.app.state.tokens.verify(bearer_token(request))).until
    wanted = Wanted(order_id, owner(who), until)
    return EventStream(partial(request.app.state.live_orders.follow, wanted))


@router.post("/{order_id}/cancellation", responses=documented(401, 404, 409, 422, 503))
async def cancel_order(request: Request, who: SignedIn, order_id: UUID, response: Response) -> Order:
    """Cancel an order that was not shipped; what was paid for it is given back."""
    return await _answer(request, response, await orders(request).cancel(order_id, owner(who)))


@router.post(
    "/{order_id}/shipment",
    responses=documented(401, 403, 404, 409, 422, 503),
    dependencies=[Depends(staff)],
)
async def ship_order(
    request: Request, order_id: UUID, response: Response, shipment: NewShipment | None = None
) -> Order:
    """Note that a paid order has left the house, and who brings it if that is known. For staff."""
    courier_id = shipment.courier_id if shipment else None
    return await _answer(request, response, await orders(request).ship(order_id, courier_id))


@router.post(
    "/{order_id}/delivery",
    responses=documented(401, 403, 404, 409, 422, 503),
    dependencies=[Depends(staff)],
)
async def deliver_order(request: Request, order_id: UUID, response: Response) -> Order:
    """Note that an order has arrived. For staff."""
    return await _answer(request, response, await orders(request).deliver(order_id))


async def _answer(request: Request, response: Response, changed: Order) -> Order:
    """Return an order that was just changed, with the headers of that."""
    response.headers["cache-control"] = "no-store"
    consistency.tell(response, await orders(request).token(changed.customer_id))
    return changed

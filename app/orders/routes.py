"""/orders: orders over HTTP, never cached."""

from uuid import UUID

from fastapi import APIRouter, Request, Response

from app.orders.schemas import NewOrder, Order
from app.orders.service import Orders
from app.platform.problems import documented

router = APIRouter(prefix="/orders", tags=["orders"])


def orders(request: Request) -> Orders:
    """Return the application's orders."""
    found: Orders = request.app.state.orders
    return found


@router.post("", status_code=201, responses=documented(409, 422, 503))
async def place_order(request: Request, new: NewOrder, response: Response) -> Order:
    """Place an order. The answer comes once it is safe: whatever fails afterwards, the order is kept."""
    order = await orders(request).place(new)
    response.headers["location"] = f"/orders/{order.id}"
    response.headers["cache-control"] = "no-store"
    return order


@router.get("/{order_id}", responses=documented(404, 422, 503))
async def read_order(request: Request, order_id: UUID, response: Response) -> Order:
    """Show an order."""
    response.headers["cache-control"] = "no-store"
    return await orders(request).order(order_id)

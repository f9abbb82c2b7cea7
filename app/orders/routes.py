"""/orders: orders over HTTP, never cached."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from app.orders.schemas import NewOrder, Order
from app.orders.service import Orders
from app.platform.problems import documented

router = APIRouter(prefix="/orders", tags=["orders"])


async def orders(request: Request) -> Orders:
    """Return the application's orders."""
    found: Orders = request.app.state.orders
    return found


OrdersService = Annotated[Orders, Depends(orders)]


@router.post("", status_code=201, responses=documented(409, 422, 503))
async def place_order(service: OrdersService, new: NewOrder, response: Response) -> Order:
    """Place an order. The answer comes once it is safe: whatever fails afterwards, the order is kept."""
    order = await service.place(new)
    response.headers["location"] = f"/orders/{order.id}"
    response.headers["cache-control"] = "no-store"
    return order


@router.get("/{order_id}", responses=documented(404, 422, 503))
async def read_order(service: OrdersService, order_id: UUID, response: Response) -> Order:
    """Show an order."""
    response.headers["cache-control"] = "no-store"
    return await service.order(order_id)

"""/orders/{id}/payment: paying an order, once; and what the provider tells."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Header, Request, Response

from app.orders.routes import orders, owner, staff
from app.payments.provider import SilentError
from app.payments.schemas import NewPayment, Payment, PaymentEvent
from app.payments.service import Payments
from app.platform import consistency
from app.platform.identity import SignedIn
from app.platform.problems import UnavailableError, documented

router = APIRouter(prefix="/orders", tags=["payments"])

OPEN: dict[int | str, dict[str, Any]] = {
    202: {"model": Payment, "description": "Nobody knows yet; it is found out by itself"}
}


def payments(request: Request) -> Payments:
    """Return the application's payments."""
    found: Payments = request.app.state.payments
    return found


@router.post(
    "/{order_id}/payment", status_code=201, responses=OPEN | documented(401, 402, 404, 409, 422, 503)
)
async def pay_order(
    request: Request, who: SignedIn, order_id: UUID, new: NewPayment, response: Response
) -> Payment:
    """Pay an order with a card. An order is paid once, however often this is sent.

    The card's bank says yes or no at once. "authorised" means yes: the amount is set aside, and soon taken.
    """
    payment = await payments(request).pay(order_id, who.subject, new)
    response.headers["location"] = f"/orders/{order_id}/payment"
    await _describe(request, response, payment, who.subject)
    return payment


@router.get("/{order_id}/payment", responses=documented(401, 404, 422, 503))
async def read_payment(request: Request, who: SignedIn, order_id: UUID, response: Response) -> Payment:
    """Show how an order was paid."""
    await orders(request).order(order_id, owner(who))
    response.headers["cache-control"] = "no-store"
    return await payments(request).of_order(order_id)


@router.post(
    "/{order_id}/refund",
    responses=OPEN | documented(401, 403, 404, 409, 422, 503),
    dependencies=[Depends(staff)],
)
async def refund_order(request: Request, order_id: UUID, response: Response) -> Payment:
    """Give back what was paid for an order that came back. For staff."""
    payment = await payments(request).refund(order_id)
    customer = (await orders(request).order(order_id)).customer_id
    await _describe(request, response, payment, customer)
    return payment


@router.post("/payment-events", status_code=204, responses=documented(400, 404, 422, 503))
async def hear_provider(
    request: Request,
    event: Annotated[PaymentEvent, Body()],
    payment_signature: Annotated[str | None, Header()] = None,
) -> None:
    """Hear from the provider that something has happened to a payment, and look what it was."""
    await request.app.state.payment_signatures.check(payment_signature, await request.body())
    try:
        await payments(request).settle(event.payment_id)
    except SilentError as error:
        raise UnavailableError("the provider does not say what has happened") from error


async def _describe(request: Request, response: Response, payment: Payment, customer_id: UUID) -> None:
    """Set the status and the headers of an answer with a payment that was just changed."""
    if payment.status in ("pending", "refunding"):
        response.status_code = 202
    response.headers["cache-control"] = "no-store"
    consistency.tell(response, await orders(request).token(customer_id))

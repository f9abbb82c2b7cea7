"""Taking money for orders, and giving it back.

A customer waits for the card's bank to set the amount aside (authorise), and hears at once if it says no. The
money is taken (captured) by who consumes the event that tells of it, order by order.

A payment is written down before the provider is called, with a key for each of its calls, and what became of
it is written down afterwards. Whoever finds one whose outcome is open makes the same calls with the same keys
again, and the provider does each once. So the process may die between any two steps: money moves once.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar
from uuid import UUID

from app.events.payments import PaymentAuthorised
from app.orders import states
from app.orders import store as orders_store
from app.orders.schemas import Order
from app.orders.service import found, move
from app.payments import store
from app.payments.provider import DeclinedError, Provider, SilentError
from app.payments.schemas import NewPayment, Payment, Status
from app.payments.store import Kept
from app.platform import outbox
from app.platform.database import ReadSession, WriteSession
from app.platform.identifiers import uuid7
from app.platform.problems import NotFoundError, ShopError, UnavailableError
from app.platform.shards import Shards
from app.platform.slots import slot_of_id

logger = logging.getLogger(__name__)

T = TypeVar("T")

Step = Callable[[Kept], Awaitable[Kept]]  # does what a payment's status asks for, or nothing

PATIENCE = 8.0  # seconds that a call of the provider may take


class PaymentDeclinedError(ShopError):
    """The card's bank said no; `reason` says why."""

    status = 402
    type = "/problems/payment-declined"
    title = "The payment was declined"


class Payments:
    """Pays orders and gives money back."""

    def __init__(self, shards: Shards, provider: Provider) -> None:
        self._shards = shards
        self._provider = provider

    async def pay(self, order_id: UUID, owner: UUID, new: NewPayment) -> Payment:
        """Pay an order with a card, and return the payment: authorised, or pending while nobody knows.

        An order is paid once. Where a payment is under way or done, that one is returned, whatever the card.

        Raises:
            NotFoundError: the owner has no such order.
            IllegalTransitionError: the order is in no state to be paid.
            PaymentDeclinedError: the bank said no; another card may do.
            UnavailableError: a database or the provider is down; who repeats the request goes on from there.
        """
        try:
            card = await _patiently(self._provider.tokenise(new.card_number))
        except SilentError as error:
            raise UnavailableError("the payment provider does not answer at the moment") from error
        last_four = new.card_number.get_secret_value()[-4:]
        intend = partial(_intend, order_id=order_id, owner=owner, card=card, last_four=last_four)
        payment = await self._shards.write(slot_of_id(order_id), intend)
        payment = await self._if_heard(payment, self._authorise, self._give_back)
        if payment.status == "declined":
            raise PaymentDeclinedError("The card was declined.", reason=payment.decline_reason)
        if payment.status in ("refunding", "refunded"):  # the order was cancelled while it was paid
            states.require("cancelled", "paid")
        return payment

    async def refund(self, order_id: UUID) -> Payment:
        """Give back what was paid for an order that came back, and return the payment.

        Raises:
            NotFoundError: there is no such order, or nothing was paid for it.
            IllegalTransitionError: the order is in no state for that.
            UnavailableError: a database is down.
        """

        async def begin(session: WriteSession) -> Payment:
            order = found(await orders_store.locked(session, order_id), order_id)
            states.require(order.status, "refunded")
            await store.begin_refund(session, order_id)
            return _paid(await store.of_order(session, order_id), order_id)

        payment = await self._shards.write(slot_of_id(order_id), begin)
        return await self._if_heard(payment, self._give_back)

    async def of_order(self, order_id: UUID) -> Payment:
        """Return an order's payment.

        Raises:
            NotFoundError: nobody has tried to pay it.
            UnavailableError: the database is down.
        """
        look = partial(store.of_order, order_id=order_id)
        return _paid(await self._shards.read(slot_of_id(order_id), look, "strong"), order_id)

    async def settle(self, payment_id: UUID) -> Payment:
        """Bring a payment to its end and return it. Repeated, it changes nothing more.

        Raises:
            NotFoundError: there is no such payment.
            SilentError: the provider does not answer.
            UnavailableError: a database is down.
        """
        return await self._through(payment_id, self._authorise, self._capture, self._give_back)

    async def _if_heard(self, payment: Payment, *steps: Step) -> Payment:
        """Take a payment through steps; return it as it was if the provider does not answer."""
        try:
            return await self._through(payment.id, *steps)
        except SilentError as error:
            logger.warning(
                "a payment is left open", extra={"payment_id": str(payment.id), "error": str(error)}
            )
            return payment

    async def _through(self, payment_id: UUID, *steps: Step) -> Payment:
        look = partial(store.find, payment_id=payment_id)
        kept = await self._shards.read(slot_of_id(payment_id), look, "strong")
        if kept is None:
            raise NotFoundError(f"There is no payment {payment_id}.")
        for step in steps:
            kept = await step(kept)
        return kept.payment

    async def _authorise(self, kept: Kept) -> Kept:
        payment = kept.payment
        if payment.status != "pending":
            return kept
        try:
            charge = await _patiently(
                self._provider.authorise(
                    f"{payment.id}-authorise", kept.card, payment.amount_minor, payment.currency
                )
            )
        except DeclinedError as declined:
            note = partial(_note_declined, kept=kept, declined=declined)
        else:
            note = partial(_note_authorised, kept=kept, charge=charge)
        return await self._shards.write(slot_of_id(payment.id), note)

    async def _capture(self, kept: Kept) -> Kept:
        payment = kept.payment
        if payment.status != "authorised":
            return kept
        is_payable = partial(_is_payable, order_id=payment.order_id)
        is_taken = await self._shards.read(slot_of_id(payment.id), is_payable, "strong")
        if is_taken:
            await _patiently(self._provider.capture(f"{payment.id}-capture", str(kept.charge)))
        note = partial(_note_captured, kept=kept, is_taken=is_taken)
        return await self._shards.write(slot_of_id(payment.id), note)

    async def _give_back(self, kept: Kept) -> Kept:
        payment = kept.payment
        if payment.status != "refunding":
            return kept
        await _patiently(self._provider.refund(f"{payment.id}-refund", str(kept.charge)))
        return await self._shards.write(slot_of_id(payment.id), partial(_note_refunded, kept=kept))


async def _patiently(call: Awaitable[T]) -> T:
    """Return the provider's answer; it is silent if that takes too long."""
    try:
        async with asyncio.timeout(PATIENCE):
            return await call
    except TimeoutError as error:
        raise SilentError(f"no answer within {PATIENCE} s") from error


async def _intend(session: WriteSession, order_id: UUID, owner: UUID, card: str, last_four: str) -> Payment:
    """Write down that an order is about to be paid, or return the payment that it has."""
    order = found(await orders_store.locked(session, order_id), order_id, owner)
    kept = await store.of_order(session, order_id)
    if kept and kept.payment.status in ("pending", "authorised", "captured"):
        return kept.payment
    states.require(order.status, "paid")
    await store.insert(session, uuid7(slot_of_id(order_id)), order, card, last_four)
    return _paid(await store.of_order(session, order_id), order_id)


async def _is_payable(session: ReadSession, order_id: UUID) -> bool:
    order = await orders_store.order(session, order_id)
    return order is not None and order.status == "placed"


async def _note_declined(session: WriteSession, kept: Kept, declined: DeclinedError) -> Kept:
    await _locked_order(session, kept)
    if await _is_still(session, kept, "pending"):
        await store.settle(session, kept.payment.id, "declined", reason=declined.reason)
    return await _now(session, kept)


async def _note_authorised(session: WriteSession, kept: Kept, charge: str) -> Kept:
    """Write down that the amount is set aside, and tell of it; if the order was cancelled, let go of it."""
    order = await _locked_order(session, kept)
    if await _is_still(session, kept, "pending"):
        payment = kept.payment
        if order.status == "placed":
            await store.settle(session, payment.id, "authorised", charge)
            authorised = PaymentAuthorised(
                order_id=order.id,
                payment_id=payment.id,
                amount_minor=payment.amount_minor,
                currency=payment.currency,
            )
            await outbox.append(session, authorised.event())
        else:
            await store.settle(session, payment.id, "refunding", charge)
    return await _now(session, kept)


async def _note_captured(session: WriteSession, kept: Kept, *, is_taken: bool) -> Kept:
    """Write down that the provider has the money, and with it that the order is paid.

    `lambdas/payment_capture` does the same. If the order cannot be paid any more, the money goes back.
    """
    order = await _locked_order(session, kept)
    if await _is_still(session, kept, "authorised"):
        if is_taken and order.status == "placed":
            await store.settle(session, kept.payment.id, "captured")
            await move(session, order, "paid")
        else:
            await store.settle(session, kept.payment.id, "refunding")
    return await _now(session, kept)


async def _note_refunded(session: WriteSession, kept: Kept) -> Kept:
    order = await _locked_order(session, kept)
    if await _is_still(session, kept, "refunding"):
        await store.settle(session, kept.payment.id, "refunded")
        await move(session, order, "refunded")
    return await _now(session, kept)


async def _locked_order(session: WriteSession, kept: Kept) -> Order:
    """Return the payment's order; whoever changes a payment locks its order first."""
    order_id = kept.payment.order_id
    return found(await orders_store.locked(session, order_id), order_id)


async def _is_still(session: WriteSession, kept: Kept, status: Status) -> bool:
    return (await _now(session, kept)).payment.status == status


async def _now(session: WriteSession, kept: Kept) -> Kept:
    return await store.find(session, kept.payment.id) or kept


def _paid(kept: Kept | None, order_id: UUID) -> Payment:
    if kept is None:
        raise NotFoundError(f"Nothing was paid for order {order_id}.")
    return kept.payment

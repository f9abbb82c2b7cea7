"""The life of an order: which state may follow which."""

from collections.abc import Mapping
from typing import Literal, get_args

from app.platform.problems import ShopError

State = Literal["placed", "paid", "shipped", "delivered", "cancelled", "refunded"]
STATES: tuple[State, ...] = get_args(State)

NEXT: Mapping[State, tuple[State, ...]] = {
    "placed": ("paid", "cancelled"),
    "paid": ("shipped", "cancelled"),
    "shipped": ("delivered",),
    "delivered": ("refunded",),  # what came back
    "cancelled": ("refunded",),  # what had been paid
    "refunded": (),
}
"""All legal transitions. Nothing but `require` decides by it."""


class IllegalTransitionError(ShopError):
    """The order cannot go there from where it is; `state` says where that is, `allowed` where it can go."""

    status = 409
    type = "/problems/illegal-transition"
    title = "The order's state does not allow this"


def require(state: State, following: State) -> None:
    """Return if the one state may follow the other.

    Raises:
        IllegalTransitionError: it may not.
    """
    allowed = NEXT[state]
    if following not in allowed:
        ways = " or ".join(allowed) if allowed else "nothing else any more"
        raise IllegalTransitionError(
            f"An order that is {state} cannot become {following}; it can become {ways}.",
            state=state,
            allowed=list(allowed),
        )

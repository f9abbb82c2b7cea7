"""The paths at which the shop answers: what services share out among each other, and what the edge may keep.

Patterns are those of a load balancer and of CloudFront: `*` stands for any text, a slash included.
"""

CACHED = ("/products*",)
"""Answers that are the same for everybody, and that may be a moment old."""

CACHED_BY = ("Consistency", "Consistency-Token")
"""Request headers by which those answers differ: who asks for more than a cache may have reaches the shop."""

LIVE = (
    "/orders*",
    "/cart*",
    "/reviews*",
    "/admin*",
    "/couriers*",
    "/chat*",
    "/accounts*",
    "/docs*",
    "/openapi.json",
    "/live",
    "/ready",
)
"""Answers that nobody may keep."""

PATHS = (*CACHED, *LIVE)
"""Everything that the shop answers; a test compares it with the application's own routes."""

COURIERS = "/couriers*"
"""Who answers here appends positions to the stream."""

CHAT = "/chat*"
"""Who answers here keeps what is said."""

CATALOGUE = "/products*"
"""Who answers here is whom an operator has fill the shop, pictures included; and keeps the reviews."""

REVIEWS = "/reviews*"
"""Who answers here knows the reviews by who wrote them."""

ORDERS = "/orders*"
"""Who answers here hears what the payment provider tells."""

CARTS = "/cart*"
"""Who answers here keeps the carts."""

ADMIN = "/admin*"
"""Who answers here lets administrators upload media."""

ACCOUNTS = "/accounts*"
"""Who answers here signs people in."""

SIGNED_IN = (
    "ANY /orders",
    "ANY /orders/{proxy+}",
    "ANY /cart",
    "ANY /cart/{proxy+}",
    "ANY /reviews",
    "ANY /reviews/{proxy+}",
    "ANY /admin/{proxy+}",
    "ANY /couriers/{proxy+}",
    "ANY /chat/{proxy+}",
    "GET /accounts/me",
    "POST /accounts/sign-out-everywhere",
)
"""Routes that the gateway keeps from whom brings no token; the shop looks at it again, and at the roles."""

OPEN = ("POST /orders/payment-events",)
"""Routes among those that it keeps from nobody: the payment provider proves itself by a signature."""


def is_for_signed_in(key: str) -> bool:
    """Return whether a route of the gateway, such as `POST /orders`, is one of those that want a token."""
    method, _, path = key.partition(" ")
    return key not in OPEN and any(_covers(one, method, path) for one in SIGNED_IN)


def _covers(key: str, method: str, path: str) -> bool:
    methods, _, template = key.partition(" ")
    below = template.removesuffix("{proxy+}")
    is_there = path.startswith(below) if below != template else path == template
    return is_there and methods in ("ANY", method)

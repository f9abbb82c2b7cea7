"""How many changes one account, and one address, may make: who asks for more is told when to come back.

Reads are not counted: the CDN answers most, and a web firewall stands before the rest. The counts are in
Redis, for all instances together, in windows that slide. Without Redis nobody is refused: the limits protect
the shop, and must not be what takes it down.
"""

import logging
import time
from uuid import UUID

from limits import RateLimitItem, parse
from limits.aio.storage import RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from starlette.types import ASGIApp, Receive, Scope, Send

from app.platform.cache_server import FAILURES
from app.platform.middleware import SAFE_METHODS
from app.platform.problems import ShopError
from app.platform.rest import Rest

logger = logging.getLogger(__name__)

REST = 1.0  # seconds


class TooManyRequestsError(ShopError):
    """The account or the address has made too many changes."""

    status = 429
    type = "/problems/too-many-requests"
    title = "Too many requests"

    def __init__(self, limit: RateLimitItem, seconds: int) -> None:
        super().__init__(f"At most {limit} may be sent: come back in {seconds} s.")
        self.headers = {"retry-after": str(seconds)}


class RateLimits:
    """Counts changes; a limit that is None is none."""

    def __init__(self, storage: RedisStorage, *, account: str, address: str) -> None:
        """Take the limits as `limits` writes them: "120 per minute", or "" for none."""
        self._windows = SlidingWindowCounterRateLimiter(storage)
        self._account = parse(account) if account else None
        self._address = parse(address) if address else None
        self._rest = Rest(REST)

    async def count_account(self, subject: UUID) -> None:
        """Count a change that an account makes.

        Raises:
            TooManyRequestsError: it has made too many.
        """
        await self._count(self._account, f"account:{subject}")

    async def count_address(self, address: str) -> None:
        """Count a change that is made from an address.

        Raises:
            TooManyRequestsError: too many came from there.
        """
        await self._count(self._address, f"address:{address}")

    async def _count(self, limit: RateLimitItem | None, who: str) -> None:
        if limit is None or self._rest.is_on:
            return
        try:
            if await self._windows.hit(limit, who):
                return
            window = await self._windows.get_window_stats(limit, who)
        except FAILURES as error:
            self._rest.begin()
            logger.warning("requests are not counted", extra={"error": str(error)})
            return
        raise TooManyRequestsError(limit, max(1, round(window.reset_time - time.time())))


class AddressLimit:
    """Pure ASGI middleware. Counts changes by the address that they come from.

    `proxies` of the own ones stand before the shop, and each appends to X-Forwarded-For whom it was asked by:
    what stands further to the left, anybody may have written.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in SAFE_METHODS:
            state = scope["app"].state
            try:
                if hasattr(state, "rate_limits"):  # an application that has not started counts nothing
                    await state.rate_limits.count_address(address(scope, state.proxies))
            except TooManyRequestsError as error:
                return await error.response()(scope, receive, send)
        return await self.app(scope, receive, send)


def address(scope: Scope, proxies: int) -> str:
    """Return the address of the client that so many proxies stand before."""
    passed_on = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
    chain = [part.strip() for part in b",".join(passed_on).decode("latin-1").split(",") if part.strip()]
    peer, _port = scope["client"] or ("", 0)
    return [peer, *reversed(chain)][min(proxies, len(chain))]

"""What the provider tells by itself, and whether it was the provider.

A message is signed with a secret that both know: `Payment-Signature: t=1764410000,v1=<hex>`, where v1 is the
HMAC-SHA256 of "<t>.<body>". An old message is refused, so that nobody can keep one and send it again; one
that is sent again at once changes nothing, since it only says where to look.
"""

import hashlib
import hmac
import re
import time

from app.platform.problems import ShopError, UnavailableError
from app.platform.secret import LoginSecret

WINDOW = 300  # seconds that a message may be old, or that clocks may differ
REST = 60.0  # seconds between two looks whether the secret was changed

_SIGNATURE = re.compile(r"t=(\d{1,12}),v1=([0-9a-f]{64})", re.ASCII)


class PaymentsSecret(LoginSecret):
    """The secret that the provider signs with: the password; the user name says whose it is."""

    variable = "PAYMENTS_SECRET_ARN"


class SignatureError(ShopError):
    """The message is not signed, or not by the provider, or long ago."""

    status = 400
    type = "/problems/bad-signature"
    title = "The signature is not valid"


class Signatures:
    """Tells whether messages are the provider's."""

    def __init__(self, secret: PaymentsSecret | None) -> None:
        """Without a secret, no message is anybody's."""
        self._secret = secret
        self._looked_at = float("-inf")

    async def check(self, header: str | None, body: bytes) -> None:
        """Return if the provider signed the message a moment ago.

        Raises:
            SignatureError: it did not.
            UnavailableError: the shop has no secret, or cannot read it.
        """
        if self._secret is None:
            raise UnavailableError("The shop knows no secret of the provider's: set PAYMENTS_SECRET_ARN.")
        parts = _SIGNATURE.fullmatch(header or "")
        if parts is None:
            raise SignatureError(
                "Send the header Payment-Signature: t=<seconds>,v1=<hexadecimal HMAC-SHA256>."
            )
        at = int(parts[1])
        if abs(time.time() - at) > WINDOW:
            raise SignatureError(f"The message was signed more than {WINDOW} seconds ago, or ahead.")
        if not await self._is_signed(self._secret, at, body, parts[2]):
            raise SignatureError("The message was not signed with the secret of this shop.")

    async def _is_signed(self, secret: PaymentsSecret, at: int, body: bytes, signature: str) -> bool:
        known = await secret.read()
        if _matches(known.password, at, body, signature):
            return True
        if time.monotonic() < self._looked_at + REST:
            return False
        self._looked_at = time.monotonic()
        return _matches((await secret.read(refused=known)).password, at, body, signature)


def sign(secret: str, at: int, body: bytes) -> str:
    """Return the header of a message that is signed at a time, in seconds since 1970."""
    return f"t={at},v1={_digest(secret, at, body)}"


def _matches(secret: str, at: int, body: bytes, signature: str) -> bool:
    return hmac.compare_digest(_digest(secret, at, body), signature)


def _digest(secret: str, at: int, body: bytes) -> str:
    return hmac.new(secret.encode(), b"%d.%s" % (at, body), hashlib.sha256).hexdigest()

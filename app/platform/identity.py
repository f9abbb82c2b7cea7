"""Who makes a request: the access token that Cognito issued at sign-in, and the roles that it names.

A token is checked here, by the pool's public keys, and nobody is asked: it holds until it expires, also for
somebody who has signed out since. Keep its life short (`identity.access_token_minutes` of the stack).
"""

import asyncio
import logging
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException
from typing import Annotated, Any, Literal, NamedTuple
from uuid import UUID

import jwt
from fastapi import Depends, Request
from fastapi.security import HTTPBearer
from fastapi.security.http import HTTPAuthorizationCredentials

from app.platform.middleware import SAFE_METHODS
from app.platform.problems import ShopError, UnavailableError

logger = logging.getLogger(__name__)

Role = Literal["admin", "courier", "support"]
"""The pool's groups that mean something here; a customer is in none."""

ALGORITHMS = ["RS256"]  # the one that Cognito signs with: what a token's header asks for never decides
REQUIRED = ["exp", "iat", "iss", "sub"]
LEEWAY = 10  # seconds that Cognito's clock may be ahead or behind
TIMEOUT = 3.0  # seconds for the keys
LIFETIME = 3600.0  # seconds after which the keys are read anew: one that was withdrawn ends
REST = 5.0  # seconds between two reads, however many tokens name keys that nobody knows
REMEMBERED = 2_048  # tokens; of a KiB each

# Describes the scheme in OpenAPI; it never refuses by itself, since its errors are no problem documents.
BEARER = HTTPBearer(
    auto_error=False,
    bearerFormat="JWT",
    scheme_name="bearer",
    description="The access token that `POST /accounts/sign-in` answers with.",
)


class UnauthorizedError(ShopError):
    """The request does not say who makes it, or not credibly."""

    status = 401

    def __init__(self, detail: str, *, error: str = "") -> None:
        """`error` is a code of RFC 6750, section 3.1; a request without any token has none."""
        super().__init__(detail)
        self.headers = {"www-authenticate": _challenge(error)}


class ForbiddenError(ShopError):
    """Who makes the request may not do that."""

    status = 403

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.headers = {"www-authenticate": _challenge("insufficient_scope")}


@dataclass(frozen=True)
class Identity:
    """Who makes a request: `subject` is the account's lasting id, `roles` are its groups in Cognito."""

    subject: UUID
    roles: frozenset[str]

    def require(self, *roles: Role) -> None:
        """Go on only for somebody who has one of these roles.

        Raises:
            ForbiddenError: they have none of them.
        """
        if not self.roles.intersection(roles):
            raise ForbiddenError(f"This takes the role {' or '.join(roles)}.")


class Keys:
    """The public keys of the pool, by their ids; read at the first use, and when an unknown one is named."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._known: Mapping[str, jwt.PyJWK] = {}
        self._read_at = self._rests_until = float("-inf")
        self._has_failed = False
        self._reading = asyncio.Lock()

    async def find(self, identifier: str) -> jwt.PyJWK | None:
        """Return the key of this id, or None where the pool has none.

        Raises:
            UnavailableError: it is not known here, and the keys cannot be read at the moment.
        """
        if not self._is_settled(identifier):
            async with self._reading:  # the first of all who wait reads
                if not self._is_settled(identifier):
                    await self._read()
        found = self._known.get(identifier)
        if found is None and self._has_failed:
            raise UnavailableError("The keys that tokens are checked by cannot be read at the moment.")
        return found

    def _is_settled(self, identifier: str) -> bool:
        now = time.monotonic()
        is_known = identifier in self._known and now < self._read_at + LIFETIME
        return is_known or now < self._rests_until

    async def _read(self) -> None:
        """Read the keys. Those that are known stay where that fails."""
        started = time.monotonic()
        try:
            found = await asyncio.to_thread(_fetch, self._url)
        except (OSError, HTTPException, ValueError, jwt.PyJWTError) as error:
            logger.warning("the keys of the user pool cannot be read", extra={"error": str(error)})
            self._has_failed = True
        else:
            self._known, self._read_at, self._has_failed = found, started, False
        self._rests_until = time.monotonic() + REST


class Verified(NamedTuple):
    """What was found out about a token: by which key, whose it is, and until when (Unix seconds)."""

    key: jwt.PyJWK
    identity: Identity
    until: float


class Tokens:
    """Tells whose an access token is.

    A token comes with each request of its hour: its signature is verified once, and again when the keys were
    read anew. What was verified holds for the token as a whole, byte by byte, and until it expires.
    """

    def __init__(self, issuer: str, client_id: str, keys: Keys) -> None:
        """Take tokens that `issuer` gave to the client `client_id`, and signed with one of `keys`."""
        self._issuer = issuer
        self._client_id = client_id
        self._keys = keys
        self._verified: dict[str, Verified] = {}

    async def identify(self, token: str) -> Identity:
        """Return who the token was given to.

        Raises:
            UnauthorizedError, UnavailableError: as of `verify`.
        """
        return (await self.verify(token)).identity

    async def verify(self, token: str) -> Verified:
        """Return who the token was given to, and until when it holds.

        Raises:
            UnauthorizedError: it is no access token of ours, or no longer.
            UnavailableError: the keys to check it by cannot be read at the moment.
        """
        try:
            known = self._verified.get(token)
            name = known.key.key_id if known else jwt.get_unverified_header(token).get("kid")
            key = await self._keys.find(str(name or ""))
            if key is None:
                raise _invalid("The access token is not of this shop.")
            if known and known.key is key and time.time() < known.until:
                return known
            return self._verify(token, key)
        except jwt.ExpiredSignatureError:
            raise _invalid("The access token has expired.") from None
        except (jwt.PyJWTError, ValueError):
            raise _invalid("The access token is not of this shop.") from None

    def _verify(self, token: str, key: jwt.PyJWK) -> Verified:
        claims = jwt.decode(
            token,
            key,
            algorithms=ALGORITHMS,
            issuer=self._issuer,
            leeway=LEEWAY,
            options={"require": REQUIRED, "verify_aud": False},  # Cognito names the client elsewhere
        )
        identity = self._identity(claims)
        self._verified.pop(token, None)
        if len(self._verified) >= REMEMBERED:
            del self._verified[next(iter(self._verified))]
        found = self._verified[token] = Verified(key, identity, claims["exp"] + LEEWAY)
        return found

    def _identity(self, claims: Mapping[str, Any]) -> Identity:
        if claims.get("token_use") != "access" or claims.get("client_id") != self._client_id:
            raise _invalid("The token is no access token of this shop.")
        return Identity(UUID(claims["sub"]), frozenset(claims.get("cognito:groups", ())))


async def signed_in(
    request: Request, _documented: Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)] = None
) -> Identity:
    """Return who makes the request.

    Raises:
        UnauthorizedError: it brings no valid access token.
        TooManyRequestsError: it is a change, and the account has made too many.
        UnavailableError: the token cannot be checked at the moment.
    """
    tokens: Tokens = request.app.state.tokens
    identity = await tokens.identify(bearer_token(request))
    if request.method not in SAFE_METHODS:
        await request.app.state.rate_limits.count_account(identity.subject)
    return identity


def bearer_token(request: Request) -> str:
    """Return the access token that comes with a request.

    Raises:
        UnauthorizedError: there is none.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise UnauthorizedError("Sign in, and send the access token as Authorization: Bearer ...")
    return token.strip()


SignedIn = Annotated[Identity, Depends(signed_in)]
"""What a route asks for that only answers who has signed in: `async def route(..., who: SignedIn)`."""


def _challenge(error: str) -> str:
    return f'Bearer realm="shop", error="{error}"' if error else 'Bearer realm="shop"'


def _invalid(detail: str) -> UnauthorizedError:
    return UnauthorizedError(detail, error="invalid_token")


def _fetch(url: str) -> dict[str, jwt.PyJWK]:
    with urllib.request.urlopen(url, timeout=TIMEOUT) as answer:  # noqa: S310 - the settings take http(s) only
        found = jwt.PyJWKSet.from_json(answer.read())
    return {key.key_id: key for key in found.keys if key.key_id}

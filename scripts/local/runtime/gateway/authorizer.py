"""JWT authorizers: which tokens open a route, and what the function behind it is told of them.

Described in the API Gateway developer guide, "Control access to HTTP APIs with JWT authorizers".
"""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt

from scripts.local.runtime.addresses import Addresses

logger = logging.getLogger(__name__)

# "Currently, only RSA-based algorithms are supported."
ALGORITHMS = ["RS256", "RS384", "RS512"]
# Seconds. "API Gateway can cache the public key for two hours."
KEYS_LIFETIME = 7_200
KEYS_PATH = "/.well-known/jwks.json"

Claims = Mapping[str, Any]


@dataclass(frozen=True)
class Authorizer:
    """Takes tokens of an issuer that are for one of these clients."""

    issuer: str
    audience: frozenset[str]

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> "Authorizer":
        """Read the answer of `GetAuthorizer`."""
        configuration = item["JwtConfiguration"]
        return cls(configuration["Issuer"], frozenset(configuration["Audience"]))


class Tokens:
    """Checks tokens by the keys of their issuers, which it reads where `addresses` say that they are."""

    def __init__(self, addresses: Addresses) -> None:
        self._addresses = addresses
        self._keys: dict[str, jwt.PyJWKClient] = {}

    async def claims(self, authorizer: Authorizer, header: str) -> Claims | None:
        """Return what the token in the header Authorization says, or None where it opens nothing."""
        token = header.removeprefix("Bearer ").strip()
        try:
            claims = await asyncio.to_thread(self._decode, authorizer, token)
        except jwt.PyJWTError as error:
            logger.info("a token of %s opens nothing: %s", authorizer.issuer, error)
            return None
        # "aud or client_id must match one of the audience entries"; Cognito's access tokens have the latter.
        named = claims.get("aud", claims.get("client_id"))
        clients = set(named if isinstance(named, list) else [named])
        return claims if clients & authorizer.audience else None

    def _decode(self, authorizer: Authorizer, token: str) -> Claims:
        issuer = authorizer.issuer
        if issuer not in self._keys:
            url = self._addresses.translate(issuer + KEYS_PATH)
            self._keys[issuer] = jwt.PyJWKClient(url, lifespan=KEYS_LIFETIME)
        key = self._keys[issuer].get_signing_key_from_jwt(token)
        found: Claims = jwt.decode(
            token, key, ALGORITHMS, issuer=issuer, options={"require": ["exp", "iss"], "verify_aud": False}
        )
        return found


def told(claims: Claims) -> dict[str, Any]:
    """Return what stands below `requestContext` in the function's event: all values are texts there."""
    texts = {name: _text(value) for name, value in claims.items()}
    return {"authorizer": {"jwt": {"claims": texts, "scopes": None}}}


def _text(value: object) -> str:
    return f"[{' '.join(map(str, value))}]" if isinstance(value, list) else str(value)

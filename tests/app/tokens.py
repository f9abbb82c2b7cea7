"""Access tokens as Cognito issues them, for the shop under test: an issuer of the tests' own."""

import json
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
"""One for the whole run: making one takes a tenth of a second."""


class Issuer:
    """Issues tokens, and serves the keys that they are checked by.

    `reads` counts how often the keys were asked for; `keys` are those that it shows, by their ids; while it
    `fails`, it shows none.
    """

    def __init__(self, url: str, client_id: str = "shop") -> None:
        self.url = url
        self.client_id = client_id
        self.keys = {"first": KEY}
        self.reads = 0
        self.fails = False

    @property
    def variables(self) -> dict[str, str]:
        """What tells a shop to take this issuer's tokens."""
        return {
            "IDENTITY_ISSUER": self.url,
            "IDENTITY_POOL_ID": "us-east-1_tests",
            "IDENTITY_PASSWORD_LENGTH": "12",
            "IDENTITY_CLIENT_ID": self.client_id,
            "IDENTITY_KEYS_URL": f"{self.url}/.well-known/jwks.json",
        }

    @property
    def document(self) -> bytes:
        """The keys as the issuer shows them."""
        keys = [
            RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
            | {"kid": identifier, "alg": "RS256", "use": "sig"}
            for identifier, key in self.keys.items()
        ]
        return json.dumps({"keys": keys}).encode()

    def token(
        self,
        subject: uuid.UUID | None = None,
        *roles: str,
        kid: str = "first",
        key: rsa.RSAPrivateKey | None = None,
        **claims: object,
    ) -> str:
        """Return a token of somebody, a stranger by default, in these groups; `claims` replace its own.

        A claim that is None is left out. `key` signs it, by default the one that the issuer shows as `kid`.
        """
        now = int(time.time())
        groups = {"cognito:groups": list(roles)} if roles else {}
        content = {
            "sub": str(subject or uuid.uuid4()),
            **groups,
            "iss": self.url,
            "client_id": self.client_id,
            "origin_jti": str(uuid.uuid4()),
            "token_use": "access",
            "scope": "aws.cognito.signin.user.admin",
            "auth_time": now,
            "exp": now + 3600,
            "iat": now,
            "jti": str(uuid.uuid4()),
            "username": str(subject),
        } | claims
        content = {name: value for name, value in content.items() if value is not None}
        return jwt.encode(content, key or self.keys[kid], "RS256", {"kid": kid})

    def bearer(self, subject: uuid.UUID | None = None, *roles: str) -> dict[str, str]:
        """Return the header by which somebody, a stranger by default, makes a request."""
        return {"authorization": f"Bearer {self.token(subject, *roles)}"}


@contextmanager
def issuing() -> Iterator[Issuer]:
    """Serve an issuer on this machine until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer.reads += 1
            self.send_response(500 if issuer.fails else 200)
            self.end_headers()
            self.wfile.write(issuer.document)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        issuer = Issuer(f"http://127.0.0.1:{server.server_port}/pool")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield issuer
        finally:
            server.shutdown()
            thread.join()

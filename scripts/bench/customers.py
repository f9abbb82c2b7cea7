"""People who have signed in, for benchmarks: tokens as Cognito's are, and the keys to check them by."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from scripts.local.runtime.ports import HOST

ISSUER = "https://issuer.example"
CLIENT = "bench"
KEY = "bench-key"
HOUR = 3600


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and logs nothing."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name it has there
        """Log nothing."""


@contextmanager
def signed_in(folder: Path) -> Iterator[tuple[dict[str, str], str]]:
    """Yield the variables that make the shop trust a token, and the token of a customer."""
    with issuing(folder) as (variables, issue):
        yield variables, issue()


@contextmanager
def issuing(folder: Path) -> Iterator[tuple[dict[str, str], Callable[..., str]]]:
    """Yield the variables that make the shop trust tokens, and what issues one, with some roles."""
    private = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
    public = {**RSAAlgorithm.to_jwk(private.public_key(), as_dict=True), "kid": KEY, "alg": "RS256"}
    home = folder / "keys"
    home.mkdir()
    (home / "jwks.json").write_text(json.dumps({"keys": [public]}), encoding="utf-8")
    server = ThreadingHTTPServer((HOST, 0), partial(Quiet, directory=home))
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def issue(*roles: str) -> str:
        now = int(time.time())
        claims = {
            "sub": str(uuid4()),
            "iss": ISSUER,
            "client_id": CLIENT,
            "token_use": "access",
            "cognito:groups": roles,
            "iat": now,
            "exp": now + HOUR,
        }
        return jwt.encode(claims, private, algorithm="RS256", headers={"kid": KEY})

    try:
        yield (
            {
                "IDENTITY_ISSUER": ISSUER,
                "IDENTITY_CLIENT_ID": CLIENT,
                "IDENTITY_KEYS_URL": f"http://{HOST}:{server.server_port}/jwks.json",
            },
            issue,
        )
    finally:
        server.shutdown()
        server.server_close()

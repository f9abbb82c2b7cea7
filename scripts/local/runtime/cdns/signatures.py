"""Whether a request may see private files: CloudFront's signed URLs.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-signed-urls.html. nginx
asks here before it answers. Policies may say until and from when, not from which address; and there are no
cookies.
"""

import base64
import json
import re
import time
import urllib.parse
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, HashAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from scripts.local.runtime.functions.http_server import HttpServer, Receive, Scope, Send

Keys = Mapping[str, str]
"""Public keys in PEM, by their ids."""

RESERVED = ("Expires", "Policy", "Signature", "Key-Pair-Id", "Hash-Algorithm")
HASHES: Mapping[str, type[HashAlgorithm]] = {"SHA1": SHA1, "SHA256": SHA256}
BASE64 = str.maketrans("-_~", "+=/")
CONDITIONS = {"DateLessThan", "DateGreaterThan"}
URL = b"x-blueprint-url"


class UnsignedError(Exception):
    """CloudFront would refuse the request; the message says why."""


class Signatures:
    """Answers nginx 204 where a URL is signed, else 403; `keys` are those of each behaviour, by its name."""

    def __init__(self) -> None:
        self.keys: dict[str, Keys] = {}
        self._server = HttpServer(self._answer)

    @property
    def address(self) -> str:
        """Where it answers, `host:port`."""
        return self._server.address

    async def close(self) -> None:
        """Stop to answer."""
        await self._server.close()

    async def _answer(self, scope: Scope, _receive: Receive, send: Send) -> None:
        url = dict(scope["headers"]).get(URL, b"").decode("latin-1")
        try:
            check(url, self.keys.get(scope["path"].removeprefix("/"), {}), time.time())
            status, said = 204, b""
        except UnsignedError as error:
            status, said = 403, str(error).encode()
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": said})


def check(url: str, keys: Keys, now: float) -> None:
    """Look at a request for a URL.

    Raises:
        UnsignedError: it is not signed for now by one of the keys.
    """
    base, said = _taken_apart(url)
    missing = {"Signature", "Key-Pair-Id"} - said.keys()
    if missing or not said.keys() & {"Policy", "Expires"}:
        raise UnsignedError("Missing Key-Pair-Id, Signature, and Policy or Expires")
    pem = keys.get(said["Key-Pair-Id"])
    if pem is None:
        raise UnsignedError("Unknown Key")
    try:
        policy = _decoded(said["Policy"]) if "Policy" in said else _canned(base, said["Expires"])
        _verify(pem, _decoded(said["Signature"]), policy, HASHES[said.get("Hash-Algorithm", "SHA1")]())
        [statement] = json.loads(policy)["Statement"]
        _check_statement(statement, base, now)
    except InvalidSignature:
        raise UnsignedError("Access denied: another signature") from None
    except (ValueError, KeyError, TypeError) as error:
        raise UnsignedError(f"Malformed: {error!r}") from None


def _taken_apart(url: str) -> tuple[str, Mapping[str, str]]:
    """Return the URL without what signs it, and that."""
    base, _, query = url.partition("?")
    pairs = [pair.partition("=") for pair in query.split("&") if pair]
    others = "&".join("".join(pair) for pair in pairs if pair[0] not in RESERVED)
    said = {name: urllib.parse.unquote(value) for name, _, value in pairs if name in RESERVED}
    return (f"{base}?{others}" if others else base), said


def _decoded(text: str) -> bytes:
    return base64.b64decode(text.translate(BASE64), validate=True)


def _canned(base: str, expires: str) -> bytes:
    condition = {"DateLessThan": {"AWS:EpochTime": int(expires)}}
    statement = {"Resource": base, "Condition": condition}
    return json.dumps({"Statement": [statement]}, separators=(",", ":")).encode()


def _verify(pem: str, signature: bytes, message: bytes, algorithm: HashAlgorithm) -> None:
    key: Any = load_pem_public_key(pem.encode())
    if isinstance(key, EllipticCurvePublicKey):
        key.verify(signature, message, ECDSA(algorithm))
    else:
        key.verify(signature, message, PKCS1v15(), algorithm)


def _check_statement(statement: Mapping[str, Any], base: str, now: float) -> None:
    resource = re.escape(statement.get("Resource", "*")).replace(r"\*", ".*").replace(r"\?", ".")
    if not re.fullmatch(resource, base):
        raise UnsignedError("Access denied: signed for something else")
    condition = statement["Condition"]
    if unknown := condition.keys() - CONDITIONS:
        raise UnsignedError(f"not looked at here: {', '.join(sorted(unknown))}")
    if now >= condition["DateLessThan"]["AWS:EpochTime"]:
        raise UnsignedError("Access denied: expired")
    if now < condition.get("DateGreaterThan", {"AWS:EpochTime": 0})["AWS:EpochTime"]:
        raise UnsignedError("Access denied: not yet")

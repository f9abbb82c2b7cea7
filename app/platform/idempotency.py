"""Requests that may be sent twice and take effect once: the `Idempotency-Key` header.

As the IETF's draft has it (draft-ietf-httpapi-idempotency-key-header-07): a request that is repeated with
its key gets the answer of the first one; a key that comes with another request is refused; and so is one
whose first request is still at work. The answer is a row written in the transaction of the request's effect,
so that there is one exactly if there is the other. A request that failed left no effect and no row: it may be
repeated.
"""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Self
from uuid import UUID

from fastapi import Header, Response

from app.platform.database import ReadSession, WriteSession
from app.platform.problems import ShopError
from app.platform.resharding import ShardedTable

LIFETIME = 24 * 3600  # seconds for which an answer is remembered; a client gives up long before
LONGEST_KEY = 200  # characters
PAGE = 1_000  # answers that are deleted in one transaction

# All answers of an owner move together: few, and none of them is large.
TABLE = ShardedTable(name="idempotency_keys", key="owner", order="key")

IdempotencyKey = Annotated[
    str | None,
    Header(
        description="Required. Made by the client for this request, sent again with each repetition of it",
        examples=["8e03978e-40d5-43dd-bc93-6894a57f9324"],
    ),
]


class KeyMissingError(ShopError):
    """The request bears no key, or one that cannot be one."""

    status = 400
    type = "/problems/idempotency-key-missing"
    title = "Idempotency-Key is missing"


class KeyReusedError(ShopError):
    """The key came with another request before."""

    status = 422
    type = "/problems/idempotency-key-reused"
    title = "Idempotency-Key was used for another request"


class AtWorkError(ShopError):
    """The first request with this key has no answer yet."""

    status = 409
    type = "/problems/request-at-work"
    title = "A request with this Idempotency-Key is still at work"
    headers: Mapping[str, str] = {"retry-after": "1"}


@dataclass(frozen=True)
class Reply:
    """What a request was answered: `body` is JSON."""

    status: int
    location: str
    body: str

    def response(self) -> Response:
        """Return it as a response, which nobody may keep."""
        headers = {"location": self.location, "cache-control": "no-store"}
        return Response(self.body, self.status, headers, "application/json")


@dataclass(frozen=True)
class Attempt:
    """One sending of a request: `owner` chose the key, and in `content` another request would differ."""

    owner: UUID
    key: str
    content: bytes

    @classmethod
    def of(cls, owner: UUID, header: str | None, content: bytes) -> Self:
        """Take the key from the header: as it stands, or in the quotes of a structured field (RFC 8941).

        Raises:
            KeyMissingError: there is none, or it cannot be one.
        """
        key = (header or "").strip().removeprefix('"').removesuffix('"')
        if not (0 < len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()):
            raise KeyMissingError(
                f"Send the header Idempotency-Key: 1 to {LONGEST_KEY} printable ASCII characters, new for "
                "each request and the same when it is repeated, such as a random UUID."
            )
        return cls(owner, key, content)

    @cached_property
    def fingerprint(self) -> bytes:
        """Return what tells this request from others."""
        return hashlib.sha256(self.content).digest()

    @cached_property
    def claim(self) -> UUID:
        """Return a name that all sendings of this request have in common, and no other request has."""
        return UUID(bytes=hashlib.sha256(self._name + self.fingerprint).digest()[:16])

    @property
    def lock(self) -> int:
        """Return the advisory lock of who works on a request with this key."""
        return int.from_bytes(hashlib.sha256(self._name).digest()[:8], signed=True)

    @property
    def _name(self) -> bytes:
        return self.owner.bytes + self.key.encode()


async def reply(session: ReadSession, attempt: Attempt) -> Reply | None:
    """Return what the request was answered before.

    Raises:
        KeyReusedError: the key came with another request.
    """
    row = await session.row(
        """
        SELECT fingerprint, status, location, body FROM idempotency_keys
        WHERE owner = $1 AND key = $2 AND expires_at > now()
        """,
        attempt.owner,
        attempt.key,
    )
    if row is None:
        return None
    if row["fingerprint"] != attempt.fingerprint:
        raise KeyReusedError("Another request was sent with this Idempotency-Key: make a new one.")
    return Reply(row["status"], row["location"], row["body"])


async def once(
    session: WriteSession, attempt: Attempt, slot: int, work: Callable[[WriteSession], Awaitable[Reply]]
) -> Reply:
    """Do the work in the session's transaction and remember its reply, or return what was replied before.

    Raises:
        AtWorkError: another transaction works on a request with this key.
        KeyReusedError: the key came with another request.
    """
    row = await session.row("SELECT pg_try_advisory_xact_lock($1) AS mine", attempt.lock)
    if row is None or not row["mine"]:
        raise AtWorkError("The first request with this Idempotency-Key has no answer yet: repeat it later.")
    if said := await reply(session, attempt):
        return said
    said = await work(session)
    await session.execute(
        """
        INSERT INTO idempotency_keys (owner, key, slot, fingerprint, status, location, body, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, now() + make_interval(secs => $8))
        ON CONFLICT (owner, key) DO UPDATE
        SET fingerprint = excluded.fingerprint, status = excluded.status, location = excluded.location,
            body = excluded.body, expires_at = excluded.expires_at
        """,
        attempt.owner,
        attempt.key,
        slot,
        attempt.fingerprint,
        said.status,
        said.location,
        said.body,
        float(LIFETIME),
    )
    return said


async def forget_expired(session: WriteSession) -> int:
    """Delete answers that have expired, at most a page, and return how many there were."""
    rows = await session.rows(
        """
        DELETE FROM idempotency_keys WHERE (owner, key) IN (
            SELECT owner, key FROM idempotency_keys WHERE expires_at < now() LIMIT $1
        ) RETURNING 1
        """,
        PAGE,
    )
    return len(rows)

"""Requests that may be sent twice and take effect once: the `Idempotency-Key` header.

As the IETF's draft has it (draft-ietf-httpapi-idempotency-key-header-07): a request that is repeated with
its key gets the answer of the first one; a key that comes with another request is refused; and so is one
whose first request is still at work. The answer is a row written in the transaction of the request's effect,
so that there is one exactly if there is the other. A request that failed left no effect and no row: it may be
repeated.
"""

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Self
from uuid import UUID

from asyncpg import Record
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

    def __init__(self) -> None:
        super().__init__("The first request with this Idempotency-Key has no answer yet: repeat it later.")


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


# What is known of an attempt: its reply, or why it is refused; None where it is to be done.
Known = Reply | KeyReusedError | AtWorkError | None


async def reply(session: ReadSession, attempt: Attempt) -> Reply | None:
    """Return what the request was answered before.

    Raises:
        KeyReusedError: the key came with another request.
    """
    [known] = await _replies(session, [attempt])
    if isinstance(known, Exception):
        raise known
    return known


async def begin(session: WriteSession, attempts: Sequence[Attempt]) -> list[Known]:
    """Say of each attempt what is known of it; those of which nothing is are the session's alone to do.

    They are so until the transaction ends: whoever sends one of them meanwhile is told to wait.
    """
    wanted = {attempt.lock for attempt in attempts}
    rows = await session.rows(
        "SELECT lock, pg_try_advisory_xact_lock(lock) AS mine FROM unnest($1::bigint[]) AS wanted (lock)",
        list(wanted),
    )
    free = {row["lock"] for row in rows if row["mine"]}
    known: list[Known] = []
    for attempt, said in zip(attempts, await _replies(session, attempts), strict=True):
        known.append(said if attempt.lock in free else AtWorkError())
        if said is None:
            free.discard(attempt.lock)  # a second one with the same key comes too early
    return known


async def once(
    session: WriteSession, attempt: Attempt, slot: int, work: Callable[[WriteSession], Awaitable[Reply]]
) -> Reply:
    """Do the work in the session's transaction and remember its reply, or return what was replied before.

    Raises:
        AtWorkError: another transaction works on a request with this key.
        KeyReusedError: the key came with another request.
    """
    [known] = await begin(session, [attempt])
    if isinstance(known, Exception):
        raise known
    if known:
        return known
    said = await work(session)
    await remember(session, [(attempt, slot, said)])
    return said


async def remember(session: WriteSession, replies: Sequence[tuple[Attempt, int, Reply]]) -> None:
    """Remember replies, each with the slot that it moves with, for attempts that the session has begun."""
    await session.execute(
        """
        INSERT INTO idempotency_keys (owner, key, slot, fingerprint, status, location, body, expires_at)
        SELECT owner, key, slot, fingerprint, status, location, body, now() + make_interval(secs => $8)
        FROM unnest(
            $1::uuid[], $2::text[], $3::smallint[], $4::bytea[], $5::smallint[], $6::text[], $7::text[]
        ) AS replied (owner, key, slot, fingerprint, status, location, body)
        ON CONFLICT (owner, key) DO UPDATE
        SET fingerprint = excluded.fingerprint, status = excluded.status, location = excluded.location,
            body = excluded.body, expires_at = excluded.expires_at
        """,
        [attempt.owner for attempt, _, _ in replies],
        [attempt.key for attempt, _, _ in replies],
        [slot for _, slot, _ in replies],
        [attempt.fingerprint for attempt, _, _ in replies],
        [said.status for _, _, said in replies],
        [said.location for _, _, said in replies],
        [said.body for _, _, said in replies],
        float(LIFETIME),
    )


async def _replies(session: ReadSession, attempts: Sequence[Attempt]) -> list[Reply | KeyReusedError | None]:
    # OFFSET 0 has each looked up by itself: a join reads the whole table while that is thought to be small.
    rows = await session.rows(
        """
        SELECT kept.* FROM unnest($1::uuid[], $2::text[]) AS sent (owner, key)
        CROSS JOIN LATERAL (
            SELECT owner, key, fingerprint, status, location, body FROM idempotency_keys AS replied
            WHERE replied.owner = sent.owner AND replied.key = sent.key AND expires_at > now()
            OFFSET 0
        ) AS kept
        """,
        [attempt.owner for attempt in attempts],
        [attempt.key for attempt in attempts],
    )
    found = {(row["owner"], row["key"]): row for row in rows}
    return [_reply(attempt, found.get((attempt.owner, attempt.key))) for attempt in attempts]


def _reply(attempt: Attempt, row: Record | None) -> Reply | KeyReusedError | None:
    if row is None:
        return None
    if row["fingerprint"] != attempt.fingerprint:
        return KeyReusedError("Another request was sent with this Idempotency-Key: make a new one.")
    return Reply(row["status"], row["location"], row["body"])


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

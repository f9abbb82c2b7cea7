"""Keeps out a leader whose time is over: a database that saw a later term refuses what an earlier one writes.

An election cannot do that alone. A leader may stand still between asking whether it leads and writing, and
meanwhile another is elected. So writes are fenced where they are written: each term has a token that is
higher than those before it, and the database remembers the highest in the table `leader_terms`.
"""

from app.platform.database import WriteSession


class DeposedError(Exception):
    """Another process may lead by now."""


async def guard(session: WriteSession, duty: str, token: int) -> None:
    """Let the session's transaction commit only if no later term of the duty has been seen here.

    The row stays locked against a later term until the transaction ends: what passes is committed before that
    term's work begins.

    Raises:
        DeposedError: one has.
    """
    # The first look locks nothing: two that raise what both hold a shared lock of would wait for each other.
    if await _token(session, "SELECT token FROM leader_terms WHERE duty = $1", duty) < token:
        await session.execute(
            """
            INSERT INTO leader_terms AS seen (duty, token) VALUES ($1, $2)
            ON CONFLICT (duty) DO UPDATE SET token = excluded.token WHERE seen.token < excluded.token
            """,
            duty,
            token,
        )
    seen = await _token(session, "SELECT token FROM leader_terms WHERE duty = $1 FOR SHARE", duty)
    if seen > token:
        raise DeposedError(f"a later term ({seen}) than this one ({token}) has begun")


async def _token(session: WriteSession, sql: str, duty: str) -> int:
    row = await session.row(sql, duty)
    return row["token"] if row else 0

"""The table of media: what was announced, and whether it was uploaded."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from asyncpg import Record

from app.media.schemas import NewMedia
from app.platform.database import ReadSession, WriteSession

ABANDONED = timedelta(days=2)  # after it was announced, an upload is given up
AT_ONCE = 10  # uploads that are given up at a time


async def add(
    session: WriteSession, media_id: UUID, new: NewMedia, who: UUID, upload_id: str | None
) -> Record | None:
    """Add what is going to be uploaded, in the parts of an upload of S3's or at once."""
    return await session.row(
        """
        INSERT INTO media
            (id, kind, content_type, size, sha256, announced_by, upload_id, part_sha256, is_private)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        RETURNING id, kind, content_type, size, sha256, state, created_at, upload_id, part_sha256, is_private
        """,
        media_id,
        new.kind,
        new.content_type,
        new.size,
        new.checksum,
        who,
        upload_id,
        new.part_sha256,
        new.is_private,
    )


async def find(session: ReadSession, media_id: UUID) -> Record | None:
    """Return a picture or film."""
    return await session.row(
        """
        SELECT id, kind, content_type, size, sha256, state, created_at, upload_id, part_sha256, is_private
        FROM media WHERE id = $1
        """,
        media_id,
    )


async def unfinished(session: ReadSession, new: NewMedia, who: UUID) -> Record | None:
    """Return the same file's upload in parts that somebody began and did not finish."""
    return await session.row(
        """
        SELECT id, kind, content_type, size, sha256, state, created_at, upload_id, part_sha256, is_private
        FROM media
        WHERE state = 'awaited' AND created_at > now() - $1::interval
            AND announced_by = $2 AND content_type = $3 AND size = $4 AND part_sha256 = $5 AND is_private = $6
        ORDER BY created_at DESC LIMIT 1
        """,
        ABANDONED,
        who,
        new.content_type,
        new.size,
        new.part_sha256,
        new.is_private,
    )


async def abandoned(session: ReadSession) -> Sequence[Record]:
    """Return some of the uploads that were announced long ago, and never completed."""
    return await session.rows(
        """
        SELECT id, upload_id, is_private FROM media
        WHERE state = 'awaited' AND created_at <= now() - $1::interval
        ORDER BY created_at LIMIT $2
        """,
        ABANDONED,
        AT_ONCE,
    )


async def remove_awaited(session: WriteSession, media_id: UUID) -> Record | None:
    """Forget an upload; return None where it is not awaited (any more)."""
    return await session.row("DELETE FROM media WHERE id = $1 AND state = 'awaited' RETURNING id", media_id)


async def mark_uploaded(session: WriteSession, media_id: UUID) -> Record | None:
    """Say that it is uploaded; return it, or None where that was said before."""
    return await session.row(
        """
        UPDATE media SET state = 'uploaded', uploaded_at = now()
        WHERE id = $1 AND state = 'awaited'
        RETURNING id, kind, content_type, size, sha256, state, created_at, upload_id, part_sha256, is_private
        """,
        media_id,
    )

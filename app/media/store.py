"""The table of media: what was announced, and whether it was uploaded."""

from uuid import UUID

from asyncpg import Record

from app.media.schemas import NewMedia
from app.platform.database import ReadSession, WriteSession


async def add(session: WriteSession, media_id: UUID, new: NewMedia, who: UUID) -> Record | None:
    """Add what is going to be uploaded."""
    return await session.row(
        """
        INSERT INTO media (id, kind, content_type, size, sha256, announced_by)
        VALUES ($1, $2, $3, $4, $5, $6)
        RETURNING id, kind, content_type, size, sha256, state, created_at
        """,
        media_id,
        new.kind,
        new.content_type,
        new.size,
        new.sha256,
        who,
    )


async def find(session: ReadSession, media_id: UUID) -> Record | None:
    """Return a picture or film."""
    return await session.row(
        "SELECT id, kind, content_type, size, sha256, state, created_at FROM media WHERE id = $1", media_id
    )


async def mark_uploaded(session: WriteSession, media_id: UUID) -> Record | None:
    """Say that it is uploaded; return it, or None where that was said before."""
    return await session.row(
        """
        UPDATE media SET state = 'uploaded', uploaded_at = now()
        WHERE id = $1 AND state = 'awaited'
        RETURNING id, kind, content_type, size, sha256, state, created_at
        """,
        media_id,
    )

"""The couriers' SQL; the rows are written by the stream's consumer."""

from app.couriers.schemas import Position
from app.platform.database import ReadSession


async def latest(session: ReadSession, courier_id: str) -> Position | None:
    """Return the courier's newest position."""
    row = await session.row(
        "SELECT courier_id, recorded_at, latitude, longitude FROM courier_latest WHERE courier_id = $1",
        courier_id,
    )
    return Position.model_validate(dict(row)) if row else None

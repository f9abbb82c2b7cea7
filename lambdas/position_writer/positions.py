"""The positions that couriers report, and how they are stored."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from lambdas.database import Database

# One statement for the whole batch, so that it is stored as a whole or not at all.
# - A position that is there already is left alone: a batch may be delivered again.
# - The newest position only ever moves forward in time: a late or repeated report does not move it back.
# - Rows are locked in one order, so that two writers never wait for each other.
# - The rows come as an array a column, which the server reads faster than JSON, and which of a batch of some
#   hundred rows takes less time than a COPY, with its messages to and fro, to a table of its own.
STORE_POSITIONS = """
WITH reported AS (
    SELECT *
    FROM unnest(
        CAST(:couriers AS text[]),
        CAST(:times AS timestamptz[]),
        CAST(:latitudes AS double precision[]),
        CAST(:longitudes AS double precision[])
    ) WITH ORDINALITY AS report (courier_id, recorded_at, latitude, longitude, arrival)
), stored AS (
    INSERT INTO courier_positions (courier_id, recorded_at, latitude, longitude)
    SELECT courier_id, recorded_at, latitude, longitude
    FROM reported
    ORDER BY courier_id, recorded_at, arrival
    ON CONFLICT DO NOTHING
)
INSERT INTO courier_latest AS latest (courier_id, recorded_at, latitude, longitude)
SELECT DISTINCT ON (courier_id) courier_id, recorded_at, latitude, longitude
FROM reported
ORDER BY courier_id, recorded_at DESC, arrival
ON CONFLICT (courier_id) DO UPDATE
SET recorded_at = excluded.recorded_at, latitude = excluded.latitude, longitude = excluded.longitude
WHERE latest.recorded_at < excluded.recorded_at
"""


class MalformedPositionError(Exception):
    """A record that is no position; no retry will change that."""


@dataclass(frozen=True, kw_only=True)
class Position:
    """Where a courier was at a time (with a time zone); latitude and longitude are in degrees, WGS 84."""

    courier_id: str
    recorded_at: datetime
    latitude: float
    longitude: float

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a record's data: a JSON object with these fields, the time in ISO 8601.

        What PostgreSQL would refuse is refused here: there, it would take the whole batch down with it.

        Raises:
            MalformedPositionError: it is something else; the message says what.
        """
        try:
            report = json.loads(data)
            return cls(
                courier_id=_courier_id(report["courier_id"]),
                recorded_at=_time(report["recorded_at"]),
                latitude=_degrees(report["latitude"], limit=90),
                longitude=_degrees(report["longitude"], limit=180),
            )
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
            raise MalformedPositionError(f"not a position: {error!r}") from error


def _courier_id(value: object) -> str:
    # It is the partition key, too: Kinesis takes 256 characters.
    if not isinstance(value, str) or not value.isprintable() or not 1 <= len(value) <= 256:
        raise ValueError(f"courier_id {value!r} is not a printable text of 1 to 256 characters")
    return value


def _time(value: str) -> datetime:
    time = datetime.fromisoformat(value)
    if time.tzinfo is None:
        raise ValueError(f"recorded_at {value!r} has no time zone")
    return time.astimezone(UTC)


def _degrees(value: object, *, limit: int) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not -limit <= value <= limit:
        raise ValueError(f"{value!r} is not a number of degrees from -{limit} to {limit}")
    return float(value)


def store(database: Database, positions: Sequence[Position]) -> None:
    """Store the positions, and of each courier the newest, in one statement that can be repeated."""
    database.run(
        STORE_POSITIONS,
        couriers=_array(_quoted(position.courier_id) for position in positions),
        times=_array(position.recorded_at.isoformat() for position in positions),
        latitudes=_array(repr(position.latitude) for position in positions),
        longitudes=_array(repr(position.longitude) for position in positions),
    )


def _array(values: Iterable[str]) -> str:
    """Write an array as PostgreSQL reads it; the driver would take each value apart to find its type."""
    return "{" + ",".join(values) + "}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'

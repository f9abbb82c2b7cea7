"""Identifiers that sort by the time they were made."""

import os
import time
from datetime import UTC, datetime
from uuid import UUID


def uuid7(slot: int | None = None) -> UUID:
    """Return a version 7 UUID: 48 bits of Unix milliseconds, then 74 random bits (RFC 9562, section 5.7).

    Of a row that is sharded, the first 12 of the random bits say in which slot (`app.platform.slots`) it is.
    """
    value = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10))
    if slot is not None:
        value = value & ~(0xFFF << 64) | slot << 64
    value = value & ~(0xF << 76) | 7 << 76  # version
    value = value & ~(0b11 << 62) | 0b10 << 62  # variant
    return UUID(int=value)


def first_uuid7(at: datetime) -> UUID:
    """Return the lowest identifier of a time: those made from then on are higher, those before lower."""
    return UUID(int=int(at.timestamp() * 1000) << 80)


def time_of(identifier: UUID) -> datetime:
    """Return when a version 7 UUID was made, to the millisecond."""
    return datetime.fromtimestamp((identifier.int >> 80) / 1000, UTC)

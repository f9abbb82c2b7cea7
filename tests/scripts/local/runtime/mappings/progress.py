"""How far mappings have come."""

import json
from typing import Any

from scripts.local.runtime.context import Context


def positions(context: Context, mapping: str) -> dict[str, dict[str, Any]]:
    """Return the positions that are kept for a mapping, by shard."""
    path = context.state / "mappings" / f"{mapping}.json"
    known: dict[str, dict[str, Any]] = json.loads(path.read_text()) if path.exists() else {}
    return known


def checkpoint(context: Context, mapping: str) -> str | None:
    """Return the sequence number after which a mapping would resume in the first shard."""
    after: str | None = positions(context, mapping).get("shardId-000000000000", {}).get("after")
    return after

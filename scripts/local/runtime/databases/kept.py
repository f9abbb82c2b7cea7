"""The data of primaries, kept for the runtime that comes after one that died.

Its folder has a note of which instance it is of, and of the logins that RDS would know. A folder without one
was never finished.
"""

import json
from pathlib import Path
from typing import Any

from scripts.local.runtime.databases.deployed import Description
from scripts.local.runtime.servers.postgres import Login

NOTE = "instance.json"


def keep(folder: Path, description: Description, own: tuple[Login, Login]) -> None:
    """Note that the data in `folder` is complete, and of which instance it is."""
    document = {"of": _identity(description), "own": [[one.username, one.password] for one in own]}
    note = folder / NOTE
    note.touch(mode=0o600)
    note.write_text(json.dumps(document), encoding="utf-8")


def recall(folder: Path, description: Description) -> tuple[Login, Login] | None:
    """Return the logins of the data in `folder`, None unless it is complete and of this very instance."""
    try:
        document: Any = json.loads((folder / NOTE).read_text(encoding="utf-8"))
        administrator, replicator = (Login(*pair) for pair in document["own"])
        return (administrator, replicator) if document["of"] == _identity(description) else None
    except (OSError, ValueError, LookupError, TypeError):
        return None


def _identity(description: Description) -> list[str]:
    """Return what tells an instance from a later one of the same name."""
    return [description["DBInstanceIdentifier"], description["InstanceCreateTime"].isoformat()]

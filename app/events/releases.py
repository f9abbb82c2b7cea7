"""The schemas that consumers may rely on, as files: `released/TYPE.vN.json`, the JSON schema of the message.

They are written by `python -m app.events release`, which refuses what breaks. A version's file stays: its
next schema is compared with it.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from app.events.compatibility import breaks
from app.events.contract import EventData, message_schema

RELEASED = Path(__file__).parent / "released"


class IncompatibleError(Exception):
    """Events break with what was released; the message says which, where, and what to do."""


def release(events: Iterable[type[EventData]], folder: Path = RELEASED) -> list[str]:
    """Write the events' schemas and return the names of the files that changed.

    Raises:
        IncompatibleError: one breaks with its released schema; nothing is written.
    """
    events = list(events)
    if wrong := list(broken(events, folder)):
        raise IncompatibleError("\n".join(wrong))
    changed = []
    for kind in events:
        file, text = folder / file_name(kind), json.dumps(message_schema(kind), indent=2) + "\n"
        if not file.exists() or file.read_text() != text:
            file.write_text(text)
            changed.append(file.name)
    return changed


def broken(events: Iterable[type[EventData]], folder: Path = RELEASED) -> Iterator[str]:
    """Yield each way in which the events break with the released schemas, with its remedy."""
    events = list(events)
    for kind in events:
        file = folder / file_name(kind)
        if not file.exists():
            continue
        remedy = f"raise {kind.__name__}.version to {kind.version + 1}, or leave it as it was"
        for what in breaks(json.loads(file.read_text()), message_schema(kind)):
            yield f"{kind.type} v{kind.version}: {what}; {remedy}."
    types = {kind.type for kind in events}
    for file in sorted(folder.glob("*.json")):
        type_, _, version = file.stem.rpartition(".")
        if type_ not in types:
            yield f"{type_} {version}: the event is gone; delete {file.name} once nobody consumes it."


def unreleased(events: Iterable[type[EventData]], folder: Path = RELEASED) -> list[str]:
    """Return the names of the files that are missing."""
    return [file_name(kind) for kind in events if not (folder / file_name(kind)).exists()]


def file_name(kind: type[EventData]) -> str:
    """Return the name of the file of an event's schema."""
    return f"{kind.type}.v{kind.version}.json"

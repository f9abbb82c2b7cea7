"""What a second plan would change, although nothing was changed in between."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scripts.verify.artefacts import Artefact

NOT_SHOWN = "(sensitive)"


@dataclass(frozen=True, kw_only=True)
class Difference:
    """An attribute that does not read back as it was written.

    Attributes:
        attribute: its path, such as `rule[0].filter`.
        read: what AWS answers.
        wanted: what the program says.
        artefact: why it is no fault of the program; None where it is one.
    """

    attribute: str
    read: Any
    wanted: Any
    artefact: Artefact | None


def differences(change: Mapping[str, Any], artefacts: Sequence[Artefact]) -> list[Difference]:
    """What differs in one entry of a plan's `resource_changes`, without what follows from the rest."""
    body = change["change"]
    if body["actions"] in (["no-op"], ["read"]) or change["mode"] == "data":
        return []
    if body["actions"] == ["create"]:
        return [Difference(attribute="", read="nothing", wanted="the resource", artefact=None)]
    secret = body.get("after_sensitive") or {}
    found = _walk(body["before"], body["after"], body.get("after_unknown") or {}, "")
    return [
        Difference(
            attribute=path,
            read=NOT_SHOWN if _hidden(secret, path) else read,
            wanted=NOT_SHOWN if _hidden(secret, path) else wanted,
            artefact=next((it for it in artefacts if it.explains(change["type"], path)), None),
        )
        for path, read, wanted in found
    ]


def _walk(read: Any, wanted: Any, unknown: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    if unknown is True:
        return
    if isinstance(read, dict) and isinstance(wanted, dict):
        for key in sorted(read.keys() | wanted.keys()):
            below = unknown.get(key) if isinstance(unknown, dict) else None
            yield from _walk(read.get(key), wanted.get(key), below, f"{path}.{key}".lstrip("."))
    elif isinstance(read, list) and isinstance(wanted, list) and len(read) == len(wanted):
        for number, (one, other) in enumerate(zip(read, wanted, strict=True)):
            below = unknown[number] if isinstance(unknown, list) and number < len(unknown) else None
            yield from _walk(one, other, below, f"{path}[{number}]")
    elif read != wanted:
        yield path, read, wanted


def _hidden(secret: Any, path: str) -> bool:
    return isinstance(secret, dict) and secret.get(path.partition(".")[0].partition("[")[0]) is True

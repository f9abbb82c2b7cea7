"""What may change in an event's schema without a new version: it may gain optional fields, and nothing else.

Consumers are deployed on their own, and read what was published months ago when an archive is replayed. So
a field that was always there must stay, mean the same and be always there; and one that came later must never
be needed.
"""

from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]

ANNOTATIONS = {"title", "description", "examples", "default", "$defs"}  # say something to people only
STRUCTURE = {"properties", "required", "items"}


def breaks(released: Schema, current: Schema) -> list[str]:
    """Return what of a message's current JSON schema breaks with the released one, each with its place."""
    return list(_breaks(_plain(released, released), _plain(current, current), ""))


def _breaks(old: Schema, new: Schema, place: str) -> Iterator[str]:
    for word in sorted((old.keys() | new.keys()) - STRUCTURE):
        if old.get(word) != new.get(word):
            yield f"{place or 'the message'}: {word} was {_said(old, word)} and is {_said(new, word)}"
    yield from _breaks_of_fields(old, new, place)
    match old.get("items"), new.get("items"):
        case None, None:
            pass
        case dict(before), dict(after):
            yield from _breaks(before, after, f"{place}[]")
        case before, after:
            yield f"{place}: what the list holds was {before} and is {after}"


def _breaks_of_fields(old: Schema, new: Schema, place: str) -> Iterator[str]:
    before, after = old.get("properties", {}), new.get("properties", {})
    needed_before, needed_after = set(old.get("required", ())), set(new.get("required", ()))
    for name in before:
        field = f"{place}.{name}".lstrip(".")
        if name not in after:
            yield f"{field} is removed"
            continue
        if name in needed_before - needed_after:
            yield f"{field} was always there and is optional"
        if name in needed_after - needed_before:
            yield f"{field} was optional and is required: events that were published lack it"
        yield from _breaks(before[name], after[name], field)
    for name in sorted(needed_after - before.keys()):
        yield f"{f'{place}.{name}'.lstrip('.')} is new and required: events that were published lack it"


def _said(schema: Schema, word: str) -> str:
    return repr(schema[word]) if word in schema else "not said"


def _plain(part: Any, root: Schema) -> Any:
    """Return a part of the schema `root` with references followed, and without what is for people."""
    if isinstance(part, list):
        return [_plain(one, root) for one in part]
    if not isinstance(part, Mapping):
        return part
    if "$ref" in part:
        name = part["$ref"].removeprefix("#/$defs/")
        part = {**root["$defs"][name], **{key: value for key, value in part.items() if key != "$ref"}}
    plain = {key: _plain(value, root) for key, value in part.items() if key not in ANNOTATIONS}
    if "properties" in part:  # names of fields, which may be such words
        plain["properties"] = {name: _plain(field, root) for name, field in part["properties"].items()}
    return plain

"""The reference page of all events, as Markdown."""

import json
from collections.abc import Iterable, Iterator, Mapping
from inspect import cleandoc
from typing import Any

from app.events.contract import EventData, example_message, message_schema

Schema = Mapping[str, Any]

HEAD = """\
# Events

Written by `python -m app.events > docs/reference/events.md`; edit the classes in `app/events/`.

An event is appended to the outbox in the transaction of the change that it tells of, and published by the
relay: over the bus to every queue whose rule names its type, and some straight to a queue or a stream
besides. It arrives at least once; its `id` stays the same, so that a consumer can tell. Events of one
aggregate are published in their order.

**Two patterns.** A *notification* carries ids, and a consumer that wants more asks for it: it sees the newest
state, and needs whom it asks to be up. With *state transfer* the event carries what its consumers need: they
ask nobody, and see what was true when it happened. One event can serve both: of `order.placed`,
`order_notifications` uses the id and fetches the order, `order_inventory` uses the lines and fetches nothing.

**Versions.** Within a version an event may gain optional fields and nothing else; consumers ignore what they
do not know. Everything else raises the version. The released schemas are `app/events/released/TYPE.vN.json`,
written by `python -m app.events release`; a test compares.
"""


def page(events: Iterable[type[EventData]]) -> str:
    """Return the page of the events."""
    events = list(events)
    overview = [
        "| event | version | pattern | consumers |",
        "|---|---|---|---|",
        *(_overview(kind) for kind in events),
    ]
    wrapped = next(kind for kind in events if kind.is_wrapped)
    around = [row for row in _rows(message_schema(wrapped)) if not row.startswith("| `data.")]
    message = [
        "## The message",
        "",
        "Around the data of every event but those that say otherwise:",
        "",
        *around,
    ]
    parts = ["\n".join(overview), "\n".join(message), *("\n".join(_section(kind)) for kind in events)]
    return "\n\n".join([HEAD.rstrip(), *parts]) + "\n"


def _overview(kind: type[EventData]) -> str:
    names = ", ".join(f"`{consumer.name}`" for consumer in kind.consumers) or "nobody yet"
    link = f"[`{kind.type}`](#{kind.type.replace('.', '')})"
    return f"| {link} | {kind.version} | {kind.pattern} | {names} |"


def _section(kind: type[EventData]) -> Iterator[str]:
    yield f"## {kind.type}"
    yield ""
    yield " ".join(cleandoc(kind.__doc__ or "").split())
    yield ""
    yield f"Version {kind.version}, {kind.pattern}."
    for consumer in kind.consumers:
        yield f"- `{consumer.name}` ({consumer.pattern}) {consumer.does}."
    yield ""
    yield from _rows(kind.model_json_schema(mode="serialization"))
    yield ""
    yield "```json"
    yield json.dumps(example_message(kind), indent=2)
    yield "```"


def _rows(schema: Schema) -> Iterator[str]:
    yield "| field | type | meaning |"
    yield "|---|---|---|"
    for name, field, is_required in _fields(schema, schema, ""):
        optional = "" if is_required else ", optional"
        yield f"| `{name}` | {_type(field)}{optional} | {field.get('description', '')} |"


def _fields(schema: Schema, root: Schema, place: str) -> Iterator[tuple[str, Schema, bool]]:
    schema = _resolved(schema, root)
    for name, field in schema.get("properties", {}).items():
        found = _resolved(field, root)
        yield f"{place}{name}", found, name in schema.get("required", ())
        yield from _fields(found, root, f"{place}{name}.")
        if "items" in found:
            yield from _fields(found["items"], root, f"{place}{name}[].")


def _resolved(schema: Schema, root: Schema) -> Schema:
    if "$ref" not in schema:
        return schema
    found: Schema = root["$defs"][schema["$ref"].removeprefix("#/$defs/")]
    return {**found, **schema}


def _type(field: Schema) -> str:
    if "enum" in field:
        return " or ".join(f"`{value}`" for value in field["enum"])
    words = {"array": "list", "object": "object", "integer": "whole number"}
    return str(field.get("format", words.get(field["type"], field["type"])))

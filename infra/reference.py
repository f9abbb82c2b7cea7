"""Says in words what a setting may be: for error messages and for the reference page.

Everything comes from the settings' own JSON schema, so that words and checks cannot disagree.
"""

import difflib
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from infra.errors import NAMES_OUTSIDE, Problem
from infra.settings.presets import PRESETS, Preset, values

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic_core import ErrorDetails

Schema = Mapping[str, Any]
Path = tuple[str, ...]


def problem_of(model: "type[BaseModel]", error: "ErrorDetails") -> Problem:
    """What pydantic found wrong with `model`, as a problem with key, value, allowed values and remedy."""
    root = model.model_json_schema()
    path = [str(part) for part in error["loc"]]
    key = ".".join(path)
    if error["type"] == "extra_forbidden":
        parent = _find(root, path[:-1])
        names = sorted(set(parent["properties"]) - NAMES_OUTSIDE.keys())
        close = difflib.get_close_matches(path[-1], names, n=1)
        hint = f"Did you mean {close[0]}?" if close else "Remove it."
        return Problem(key=key, value=error["input"], allowed=f"the settings {', '.join(names)}", remedy=hint)
    schema = _find(root, path)
    value = None if error["type"] == "missing" else error["input"]
    remedy = f"{'Set' if value is None else 'Change'} it. What it means: {schema['description']}"
    return Problem(key=key, value=value, allowed=allowed(root, schema), remedy=remedy)


def allowed(root: Schema, schema: Schema) -> str:
    """What `schema`, a part of the JSON schema `root`, lets a value be: "a whole number from 0 to 5"."""
    schema = {**_resolved(root, schema), **schema}
    if "anyOf" in schema:
        examples = {"examples": schema["examples"]} if "examples" in schema else {}
        return " or ".join(allowed(root, {**option, **examples}) for option in schema["anyOf"])
    if "enum" in schema:
        return " or ".join(str(value) for value in schema["enum"])
    if "const" in schema:
        return str(schema["const"])
    return _IN_WORDS[schema["type"]](schema)


def page(model: "type[BaseModel]") -> str:
    """The reference of every setting of `model`, as a Markdown document with a table."""
    root = model.model_json_schema()
    rows = []
    for path, field in leaves(root, root):
        key = ".".join(path)
        name = f"`{NAMES_OUTSIDE.get(key, key)}`"
        rows.append(
            f"| {name} | {_default(path, field)} | {allowed(root, field)} | {field['description']} |\n"
        )
    return PAGE + "".join(rows)


PAGE = """\
# Settings of a stack

They stand in `Pulumi.<stack>.yaml` below the project's name: `<project>:database` with `replicas: 1` below it
is `database.replicas` here. Unless a stack sets one, the value of its preset holds: `infra/presets/`. What
settings forbid each other, `infra/rules/` says. This page is written by
`python -m infra.reference > docs/reference/settings.md`.

| setting | unless set | allowed | what it means |
|---|---|---|---|
"""


ENTRY = "<name>"
"""Stands in a path for whatever an owner calls an entry."""


def leaves(root: Schema, schema: Schema, path: Path = ()) -> Iterator[tuple[Path, Schema]]:
    """Every single setting below `schema`, a part of `root`, by its path, in the order of the fields."""
    for name, field in schema["properties"].items():
        group = _resolved(root, field)
        entry = _entry(root, group)
        if "properties" in group:
            yield from leaves(root, group, (*path, name))
        else:
            yield (*path, name), field
        if "properties" in entry:
            yield from leaves(root, entry, (*path, name, ENTRY))


def _default(path: Path, field: Schema) -> str:
    """What holds unless a stack sets it: the field's own default, or what each preset says."""
    if "default" in field:
        return _shown(field["default"])
    shown = {preset: _shown(value) for preset in PRESETS if (value := _preset_value(preset, path)) is not ...}
    if not shown:
        return "must be set"
    if len(set(shown.values())) == 1:
        return shown[PRESETS[0]]
    return ", ".join(f"{preset} {value or 'unset'}" for preset, value in shown.items())


def _shown(value: object) -> str:
    if isinstance(value, dict) and all(isinstance(entry, dict) for entry in value.values()):
        value = list(value)
    return f"`{json.dumps(value)}`" if value not in (None, {}, []) else ""


def _preset_value(preset: Preset, path: Path) -> Any:
    """What `preset` sets at `path`; an ellipsis where it sets nothing."""
    value: Any = values(preset)
    for name in path:
        if name not in value:
            return ...
        value = value[name]
    return value


def _find(root: Schema, path: list[str]) -> Schema:
    """The part of the schema that describes the setting at `path`, or the nearest part above it."""
    schema = root
    for part in path:
        known = schema.get("properties", {})
        field = known.get(part) or schema.get("additionalProperties")
        if not isinstance(field, Mapping):
            break
        schema = {**_resolved(root, field), **field}
    return schema


def _entry(root: Schema, schema: Schema) -> Schema:
    """What each entry of `schema` looks like, where it maps names of the owner's choice to groups."""
    entry = _entry_of(schema)
    return _resolved(root, entry) if isinstance(entry, Mapping) else {}


def _entry_of(schema: Schema) -> Any:
    """What names are mapped to, whether or not there is a pattern for the names."""
    patterns = schema.get("patternProperties", {})
    return next(iter(patterns.values()), schema.get("additionalProperties"))


def _resolved(root: Schema, schema: Schema) -> Schema:
    if "$ref" not in schema:
        return schema
    definition: Schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
    return definition


def _number(schema: Schema) -> str:
    return f"a whole number from {schema['minimum']} to {schema['maximum']}"


def _text(schema: Schema) -> str:
    if schema.get("format") == "ipv4network":
        return "an IPv4 network such as 10.20.0.0/16"
    limit = f" of at most {schema['maxLength']} characters" if "maxLength" in schema else ""
    example = f" such as {schema['examples'][0]}" if "examples" in schema else ""
    return f"text{limit}{example}"


def _list(schema: Schema) -> str:
    if "enum" in schema["items"]:
        return f"a list of {' or '.join(schema['items']['enum'])}"
    if "$ref" in schema["items"]:
        return "a list of groups of settings"
    return f"a list of texts such as {schema['examples'][0]}"


def _group(schema: Schema) -> str:
    if "properties" in schema:
        return f"the settings {', '.join(schema['properties'])}"
    words = {"string": "texts", "array": "lists of texts"}
    return f"names with {words.get(_entry_of(schema).get('type'), 'settings')}"


def _boolean(_: Schema) -> str:
    return "true or false"


def _null(_: Schema) -> str:
    return "unset"


_IN_WORDS: dict[str, Callable[[Schema], str]] = {
    "integer": _number,
    "string": _text,
    "array": _list,
    "object": _group,
    "boolean": _boolean,
    "null": _null,
}


if __name__ == "__main__":
    from infra.settings import Settings  # it imports this module

    sys.stdout.write(page(Settings))

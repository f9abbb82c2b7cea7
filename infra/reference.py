"""Says in words what a setting may be: for error messages and for the reference page.

Everything comes from the settings' own JSON schema, so that words and checks cannot disagree.
"""

import difflib
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from infra.errors import NAMES_OUTSIDE, Problem

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic_core import ErrorDetails

Schema = Mapping[str, Any]


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


def settings_of(model: "type[BaseModel]") -> Iterator[tuple[str, Schema, str]]:
    """Every single setting of `model` as (key, schema, allowed values), in the order of its fields."""
    root = model.model_json_schema()
    yield from _leaves(root, root, ())


def _leaves(root: Schema, schema: Schema, path: tuple[str, ...]) -> Iterator[tuple[str, Schema, str]]:
    for name, field in schema["properties"].items():
        resolved = _resolved(root, field)
        if "properties" in resolved:
            yield from _leaves(root, resolved, (*path, name))
        else:
            yield ".".join((*path, name)), field, allowed(root, field)


def _find(root: Schema, path: list[str]) -> Schema:
    """The part of the schema that describes the setting at `path`, or the nearest part above it."""
    schema = root
    for part in path:
        known = schema.get("properties", {})
        if part not in known:
            break
        field = known[part]
        schema = {**_resolved(root, field), **field}
    return schema


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
    return f"a list of texts such as {schema['examples'][0]}"


def _group(schema: Schema) -> str:
    return f"the settings {', '.join(schema['properties'])}" if "properties" in schema else "names with texts"


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

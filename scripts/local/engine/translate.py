"""Pulumi's properties as arguments of an AWS operation, by the operation's own model.

Pulumi's AWS provider names most properties after the members of the API: `dbSubnetGroupName` is
`DBSubnetGroupName`. So a property finds its member where the two are equal without regard to case; what that
cannot tell is renamed by the adapter. Nothing is dropped: a property without a member is an error.
"""

from collections.abc import Mapping
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from scripts.local.engine.errors import UnhandledPropertyError

Names = Mapping[str, str]

NUMBERS = ("integer", "long", "float", "double")


def arguments(shape: StructureShape, values: Mapping[str, Any], names: Names) -> dict[str, Any]:
    """Return `values` (camelCase, as Pulumi gives them) as arguments of the operation whose input is `shape`.

    `names` renames properties, at every depth, to members. Properties that are `None` are left out. Raises
    `UnhandledPropertyError` for a property that has no member.
    """
    return _structure(shape, values, names)


def _translate(shape: Shape, value: Any, names: Names) -> Any:
    match shape:
        case StructureShape():
            return _structure(shape, value, names)
        case ListShape():
            return _list(shape, value, names)
        case MapShape():
            return {key: _translate(shape.value, item, names) for key, item in value.items()}
        case _:
            return _scalar(shape.type_name, value)


def _structure(shape: StructureShape, value: Any, names: Names) -> dict[str, Any]:
    members = {member.lower(): member for member in shape.members}
    result: dict[str, Any] = {}
    for key, item in (value if isinstance(value, Mapping) else {"items": value}).items():
        if item is None:
            continue
        member = names.get(key) or members.get(key.lower())
        if member not in shape.members:
            raise UnhandledPropertyError(key)
        result[member] = _translate(shape.members[member], item, names)
    if {"Quantity", "Items"} <= shape.members.keys():  # CloudFront's lists say their length
        result["Quantity"] = len(result.get("Items", []))
    return result


def _list(shape: ListShape, value: Any, names: Names) -> list[Any]:
    if isinstance(value, Mapping) and isinstance(shape.member, StructureShape):
        if shape.member.members.keys() == {"Key", "Value"}:
            return [{"Key": key, "Value": item} for key, item in value.items()]
        if shape.member.members.keys() == {"Name", "Value"}:
            return [{"Name": key, "Value": item} for key, item in value.items()]
    return [_translate(shape.member, item, names) for item in value]


def _scalar(kind: str, value: Any) -> Any:
    """Return `value` as the API types it: some properties of Pulumi are strings where AWS has numbers."""
    if kind == "string" and isinstance(value, bool):
        return str(value).lower()
    if kind == "string" and isinstance(value, int | float):
        return str(value)
    if kind == "boolean" and isinstance(value, str):
        return value == "true"
    if kind in NUMBERS and isinstance(value, str):
        return float(value) if "." in value else int(value)
    return value

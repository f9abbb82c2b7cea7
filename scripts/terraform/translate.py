"""Inputs of Pulumi's resources as arguments of Terraform's, by the provider's own schema.

Nothing is dropped: a property that has no argument is an error, as is a value of another shape than the
argument's, or a required argument that is not there.
"""

from collections.abc import Mapping
from typing import Any

from scripts.terraform.errors import ExportError
from scripts.terraform.names import property_name
from scripts.terraform.schema import SCALARS, Block, Nested


def arguments(type_: str, block: Block, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """`inputs`, camelCase as Pulumi has them, as the arguments of a resource or data source of this type.

    Raises:
        ExportError: the message begins with the property's name.
    """
    result: dict[str, Any] = {}
    for key, value in sorted(inputs.items()):  # Pulumi hands them over in any order
        name = property_name(type_, key, block.settable)
        if name is None:
            raise ExportError(f"{key} is no argument that provider 5.100 knows for {type_}")
        if value is None:
            continue
        if name in block.blocks:
            result[name] = _blocks(type_, key, block.blocks[name], value)
        else:
            result[name] = _attribute(type_, key, block.arguments[name], value)
    needed = block.required | {name for name, nested in block.blocks.items() if nested.least}
    if missing := sorted(needed - result.keys()):
        raise ExportError(f"{', '.join(missing)} must be given for {type_}")
    return result


def _blocks(type_: str, key: str, nested: Nested, value: Any) -> Any:
    """A nested block; what Pulumi gives once is written as a list, as Terraform's JSON wants it."""
    if nested.nesting == "single":
        return arguments(type_, nested.block, _object(key, value))
    each = value if isinstance(value, list) else [value]
    return [arguments(type_, nested.block, _object(key, it)) for it in each]


def _attribute(type_: str, key: str, kind: Any, value: Any) -> Any:
    if kind in SCALARS:
        if isinstance(value, list | Mapping):
            raise ExportError(f"{key} is a {type(value).__name__}, a {kind} is wanted")
        return value
    container, inner = kind
    if container == "object":
        return _members(type_, inner, _object(key, value))
    if container == "map":
        entries = sorted(_object(key, value).items())
        return {name: _attribute(type_, key, inner, it) for name, it in entries}
    each = value if isinstance(value, list) else [value]  # Pulumi flattens lists of at most one
    return [_attribute(type_, key, inner, it) for it in each]


def _members(type_: str, kinds: Mapping[str, Any], value: Mapping[str, Any]) -> dict[str, Any]:
    """An object that is an attribute: Terraform wants each of its members, if only as null."""
    result: dict[str, Any] = dict.fromkeys(kinds)
    for key, item in value.items():
        name = property_name(type_, key, kinds)
        if name is None:
            raise ExportError(f"{key} is none of {', '.join(kinds)}")
        result[name] = _attribute(type_, key, kinds[name], item)
    return result


def _object(key: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ExportError(f"{key} is a {type(value).__name__}, an object is wanted")
    return value

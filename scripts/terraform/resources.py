"""One resource as Terraform has it: its arguments, and what Pulumi's options say of it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pulumi import FileArchive, FileAsset

from scripts.evaluation.recorder import Registered
from scripts.local.engine.resource import name_digits
from scripts.terraform import schema
from scripts.terraform.addresses import Addresses
from scripts.terraform.errors import ExportError
from scripts.terraform.expressions import Expressions, Template, identifier, words
from scripts.terraform.names import property_name
from scripts.terraform.placeholders import Reference
from scripts.terraform.schema import Block
from scripts.terraform.translate import arguments

ARTIFACTS = "artifacts"
"""Folder, beside the configuration, with the files that it uploads."""

PLAIN = ("value", "String")
"""Pulumi takes the value of every parameter for a secret; one of this type is none, to Terraform either."""


class Resources:
    """Writes resources.

    Attributes:
        artifacts: files that they upload, by name, with where they lie now.
        secrets: variables for what is secret and written in the program's settings, with what they are.
    """

    def __init__(self, addresses: Addresses, references: Mapping[str, Reference]) -> None:
        self._addresses = addresses
        self._references = references
        self.artifacts: dict[str, Path] = {}
        self.secrets: dict[str, str] = {}

    def write(self, resource: Registered, expressions: Expressions) -> dict[str, Any]:
        """The block of a resource; documents in it are left in `expressions`.

        Raises:
            ExportError: something in it cannot be said in Terraform; names the resource and its component.
        """
        type_, name = self._addresses.type(resource), self._addresses.name(resource)
        block = schema.load().resources[type_]
        given = {**_automatic_name(resource, block), **self._inputs(resource)}
        try:
            translated = arguments(type_, block, given)
            lifecycle = _lifecycle(resource, type_, block)
        except ExportError as error:
            raise ExportError(f"{self._described(resource)}: {error}.") from None
        written = {
            key: expressions.value(value, f"{type_.removeprefix('aws_')}_{name}_{key}")
            for key, value in translated.items()
        }
        return {
            **({"provider": f"aws.{alias}"} if (alias := self._addresses.alias(resource.provider)) else {}),
            **written,
            **({"timeouts": dict(resource.timeouts)} if resource.timeouts else {}),
            **({"depends_on": waits} if (waits := self._waits(resource)) else {}),
            **({"lifecycle": lifecycle} if lifecycle else {}),
        }

    def _described(self, resource: Registered) -> str:
        component = self._addresses.component(resource)
        place = f" in {component.type.rpartition(':')[2]} {component.name}" if component else ""
        return f"{resource.name} ({resource.type}){place}"

    def _inputs(self, resource: Registered) -> dict[str, Any]:
        """A resource's inputs; literal secrets become variables, and files are named where they will lie."""
        inputs: dict[str, Any] = {}
        for key, value in resource.inputs.items():
            if isinstance(value, FileAsset | FileArchive):
                path = Path(value.path)
                self.artifacts[path.name] = path
                inputs[key] = Template(f"${{path.module}}/{ARTIFACTS}/{path.name}")
            elif (key, resource.inputs.get("type")) == PLAIN and "ssm/parameter:" in resource.type:
                inputs["insecureValue"] = value
            elif key in resource.secrets and isinstance(value, str) and not self._refers(value):
                variable = identifier(f"{resource.name}_{key}")
                self.secrets[variable] = f"{key} of {resource.name}"
                inputs[key] = Template(f"${{var.{variable}}}")
            else:
                inputs[key] = value
        return inputs

    def _refers(self, value: Any) -> set[str]:
        """The URNs, or lookups, whose attributes are in a value."""
        return {self._references[word].of for word in words(value) if word in self._references}

    def _waits(self, resource: Registered) -> list[str]:
        """What it must wait for and does not refer to."""
        unseen = resource.dependencies - self._refers(dict(resource.inputs))
        return sorted(address for urn in unseen if (address := self._addresses.of(urn)))


def _automatic_name(resource: Registered, block: Block) -> dict[str, str]:
    """The name that the embedded engine would give, where the program gives none."""
    if "name" not in block.arguments or {"name", "namePrefix"} & resource.inputs.keys():
        return {}
    return {"name": f"{resource.name}-{name_digits(resource.urn)}"}


def _lifecycle(resource: Registered, type_: str, block: Block) -> dict[str, Any]:
    lifecycle: dict[str, Any] = {}
    if resource.protect:
        lifecycle["prevent_destroy"] = True
    if resource.ignores:
        ignored = {key: property_name(type_, key, block.settable) for key in resource.ignores}
        if unknown := [key for key, name in ignored.items() if name is None]:
            raise ExportError(f"changes of {', '.join(unknown)} cannot be ignored in Terraform")
        lifecycle["ignore_changes"] = sorted(filter(None, ignored.values()))
    return lifecycle

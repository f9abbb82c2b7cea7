"""What everything in a recording is called in Terraform."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from scripts.evaluation.recorder import Recording, Registered
from scripts.terraform import schema
from scripts.terraform.errors import ExportError
from scripts.terraform.expressions import identifier
from scripts.terraform.names import snake, type_name
from scripts.terraform.placeholders import PASSWORD, PROVIDER, Lookup, Reference

STACK = "stack"
"""The file of what is part of no component."""

MAIN = "aws"
"""Logical name of the provider that most resources are made by; the others get an alias."""


@dataclass(frozen=True, kw_only=True)
class Password:
    """A password that Pulumi would draw, and Terraform is told: the variable's name, and what it is for."""

    name: str
    description: str

    @classmethod
    def of(cls, resource: Registered) -> "Password":
        """The variable for a `RandomPassword`."""
        given = resource.inputs
        special = given.get("overrideSpecial", "") if given.get("special", True) else ""
        symbols = f" and {special}" if special else ""
        return cls(
            name=identifier(resource.name if "password" in resource.name else f"{resource.name}-password"),
            description=f"{given['length']:.0f} random letters, digits{symbols}",
        )


class Addresses:
    """Types, names and expressions for the resources of a recording, and for what it looked up.

    Attributes:
        resources: those of AWS.
        providers: by their logical names.
        passwords: by URN of what would draw them.
    """

    def __init__(self, recording: Recording, lookups: Mapping[str, Lookup]) -> None:
        self._recording = recording
        custom = [it for it in recording.resources.values() if it.custom]
        self.resources = [it for it in custom if it.type.startswith("aws:")]
        self.providers = {it.name: it for it in custom if it.type.startswith(PROVIDER)}
        self.passwords = {it.urn: Password.of(it) for it in custom if it.type == PASSWORD}
        self._lookups = lookups
        self._types = {it.urn: _type(it) for it in self.resources}
        self._names = _names(recording, self._types)
        self._files = _files(recording)

    def type(self, resource: Registered) -> str:
        """Its type, such as `aws_sqs_queue`."""
        return self._types[resource.urn]

    def name(self, resource: Registered) -> str:
        """What it is called among those of its type: its logical name, told apart by its parents'."""
        return self._names[resource.urn]

    def of(self, urn: str) -> str | None:
        """The address of a resource, such as `aws_sqs_queue.orders`; None for what Terraform has not."""
        return f"{self._types[urn]}.{self._names[urn]}" if urn in self._types else None

    def component(self, resource: Registered) -> Registered | None:
        """The component that a resource is part of; None where it stands by itself."""
        parent = self._recording.resources.get(resource.parent)
        return parent if parent and not parent.custom else None

    def file(self, resource: Registered) -> str:
        """The file that it stands in: that of its component, such as `database-main`."""
        component = self.component(resource)
        return self._files[component.urn] if component else STACK

    def alias(self, provider: str) -> str | None:
        """The alias of a provider, which is referred to by `<URN>::<id>`; None for the main one."""
        name = provider.split("::")[-2] if provider else MAIN
        return None if name == MAIN else identifier(name)

    def lookup(self, lookup: Lookup) -> str:
        """What a lookup is called among those of its type: by whom it asks, and for what."""
        asked = [
            str(value).rpartition("/")[2]
            for _, value in sorted(lookup.inputs.items())
            if isinstance(value, str)
        ]
        return identifier("_".join([self.alias(lookup.provider) or MAIN, *asked]))

    def expression(self, reference: Reference) -> str:
        """The Terraform expression for what a placeholder stands for."""
        if reference.of in self.passwords:
            return f"var.{self.passwords[reference.of].name}"
        if lookup := self._lookups.get(reference.of):
            address: str | None = f"data.{lookup.type}.{self.lookup(lookup)}"
        else:
            address = self.of(reference.of)
        return reference.form.replace("{}", f"{address}.{reference.attribute}")


def title(component: Registered) -> str:
    """How a person calls a component, such as `Database main`."""
    return f"{component.type.rpartition(':')[2]} {component.name}"


def _type(resource: Registered) -> str:
    found = type_name(resource.type, schema.load().resources)
    if found is None:
        raise ExportError(f"{resource.name} ({resource.type}): no Terraform type is known for it.")
    return found


def _names(recording: Recording, types: Mapping[str, str]) -> dict[str, str]:
    by_type: dict[str, list[str]] = defaultdict(list)
    for urn, type_ in types.items():
        by_type[type_].append(urn)
    names: dict[str, str] = {}
    for urns in by_type.values():
        names |= _distinct(urns, lambda urn, depth: identifier(_chain(recording, urn, depth)))
    return names


def _files(recording: Recording) -> dict[str, str]:
    def spelled(urn: str, depth: int) -> str:
        kind = snake(recording.resources[urn].type.rpartition(":")[2])
        return f"{kind}-{identifier(_chain(recording, urn, depth))}".replace("_", "-")

    return _distinct([it.urn for it in recording.resources.values() if not it.custom], spelled)


def _chain(recording: Recording, urn: str, depth: int) -> str:
    """The logical names of a resource and of `depth` of its parents, the outermost first."""
    resource = recording.resources[urn]
    parent = recording.resources.get(resource.parent)
    if depth and parent:
        return f"{_chain(recording, parent.urn, depth - 1)}-{resource.name}"
    return resource.name


def _distinct(urns: Iterable[str], spelled: Callable[[str, int], str], depth: int = 0) -> dict[str, str]:
    """A name for each: as short as tells it from the others."""
    same: dict[str, list[str]] = defaultdict(list)
    for urn in sorted(urns):
        same[spelled(urn, depth)].append(urn)
    names: dict[str, str] = {}
    for name, those in same.items():
        names |= {those[0]: name} if len(those) == 1 else _distinct(those, spelled, depth + 1)
    return names

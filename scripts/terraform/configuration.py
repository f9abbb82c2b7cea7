"""A recorded stack as a Terraform configuration: one file a component, and what they share."""

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.evaluation.recorder import Recording, Registered
from scripts.terraform import schema
from scripts.terraform.addresses import MAIN, Addresses, title
from scripts.terraform.expressions import Expressions, identifier
from scripts.terraform.placeholders import Placeholders
from scripts.terraform.resources import Resources
from scripts.terraform.translate import arguments


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where a Terraform resource comes from: its registration, and its component as a person calls it."""

    resource: Registered
    component: str


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """A Terraform configuration.

    Attributes:
        files: content by name, without `.tf.json`.
        artifacts: files that it uploads, by name, with where they lie now.
        variables: the names of those without a default.
        origins: of each resource, by its address.
    """

    files: Mapping[str, Mapping[str, Any]]
    artifacts: Mapping[str, Path]
    variables: tuple[str, ...]
    origins: Mapping[str, Origin]

    @classmethod
    def of(cls, recording: Recording, placeholders: Placeholders) -> "Configuration":
        """The configuration of what was recorded with these mocks.

        Raises:
            ExportError: something in it cannot be said in Terraform.
        """
        addresses = Addresses(recording, placeholders.lookups)
        writer = _Writer(addresses, placeholders)
        files = writer.components()
        variables = writer.variables()
        shared = {
            "providers": writer.providers(),
            "lookups": writer.lookups(),
            "variables": {"variable": variables} if variables else {},
            "outputs": writer.outputs(recording),
        }
        return cls(
            files={**files, **{name: content for name, content in shared.items() if content}},
            artifacts=writer.resources.artifacts,
            variables=tuple(variables),
            origins={_address(addresses, it): _origin(addresses, it) for it in addresses.resources},
        )


class _Writer:
    """Writes the parts of a configuration."""

    def __init__(self, addresses: Addresses, placeholders: Placeholders) -> None:
        self._addresses = addresses
        self._placeholders = placeholders
        self._schema = schema.load()
        self.resources = Resources(addresses, placeholders.references)

    def components(self) -> dict[str, dict[str, Any]]:
        """The files of the components."""
        by_file: dict[str, list[Registered]] = defaultdict(list)
        for resource in sorted(self._addresses.resources, key=lambda it: it.urn):
            by_file[self._addresses.file(resource)].append(resource)
        return {file: self._component(resources) for file, resources in sorted(by_file.items())}

    def providers(self) -> dict[str, Any]:
        """The main provider, and those for other regions under an alias."""
        blocks = []
        for name, provider in sorted(
            self._addresses.providers.items(), key=lambda it: (it[0] != MAIN, it[0])
        ):
            given = {key: _structured(value) for key, value in provider.inputs.items()}
            written = self._expressions().value(arguments("aws", self._schema.provider, given), name)
            blocks.append(written if name == MAIN else {"alias": identifier(name), **written})
        return {"provider": {"aws": blocks}}

    def lookups(self) -> dict[str, Any]:
        """What is asked of AWS before anything is made."""
        sources: dict[str, dict[str, Any]] = defaultdict(dict)
        for lookup in sorted(self._placeholders.lookups.values(), key=lambda it: it.key):
            block = self._schema.data_sources[lookup.type]
            alias = self._addresses.alias(lookup.provider)
            sources[lookup.type][self._addresses.lookup(lookup)] = {
                **({"provider": f"aws.{alias}"} if alias else {}),
                **self._expressions().value(arguments(lookup.type, block, lookup.inputs), lookup.type),
            }
        return {"data": dict(sorted(sources.items()))} if sources else {}

    def variables(self) -> dict[str, Any]:
        """What is secret: it is told to Terraform, and never written down here."""
        passwords = {it.name: it.description for it in self._addresses.passwords.values()}
        return {
            name: {"type": "string", "description": description, "sensitive": True, "nullable": False}
            for name, description in sorted({**passwords, **self.resources.secrets}.items())
        }

    def outputs(self, recording: Recording) -> dict[str, Any]:
        """What an operator wants to know of the stack."""
        expressions = self._expressions()
        outputs = {
            name: {
                "value": expressions.value(value, name),
                **({"sensitive": True} if name in recording.secret_outputs else {}),
            }
            for name, value in sorted(recording.outputs.items())
        }
        spelled_out = {"locals": expressions.locals} if expressions.locals else {}
        return {**spelled_out, "output": outputs} if outputs else {}

    def _component(self, resources: list[Registered]) -> dict[str, Any]:
        expressions = self._expressions()
        blocks: dict[str, dict[str, Any]] = defaultdict(dict)
        for resource in resources:
            written = self.resources.write(resource, expressions)
            blocks[self._addresses.type(resource)][self._addresses.name(resource)] = written
        component = self._addresses.component(resources[0])
        return {
            **({"//": title(component)} if component else {}),
            **({"locals": dict(sorted(expressions.locals.items()))} if expressions.locals else {}),
            "resource": dict(sorted(blocks.items())),
        }

    def _expressions(self) -> Expressions:
        return Expressions(self._placeholders, self._addresses.expression)


def _structured(value: Any) -> Any:
    """A provider's argument: Pulumi sends everything but texts as JSON."""
    return json.loads(value) if isinstance(value, str) and value.startswith(("{", "[")) else value


def _address(addresses: Addresses, resource: Registered) -> str:
    return f"{addresses.type(resource)}.{addresses.name(resource)}"


def _origin(addresses: Addresses, resource: Registered) -> Origin:
    component = addresses.component(resource)
    return Origin(resource=resource, component=title(component) if component else "")

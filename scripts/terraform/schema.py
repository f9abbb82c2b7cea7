"""What the Terraform AWS provider knows: its types with their arguments, attributes and nested blocks.

`schema.json` is an extract of what the provider says of itself (`extract.py` makes it), kept to the types
that our stacks use.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("schema.json")

SCALARS = ("string", "number", "bool")


@dataclass(frozen=True, kw_only=True)
class Nested:
    """A block inside of a block: how it is repeated (`single`, `list`, `set`), and at least how often."""

    nesting: str
    least: int
    block: "Block"


@dataclass(frozen=True, kw_only=True)
class Block:
    """A resource, a data source or a nested block.

    Attributes:
        arguments: what can be set, by name, with its type as Terraform writes it in JSON.
        required: those that must be.
        computed: what can only be read.
        blocks: what is nested in it.
    """

    arguments: Mapping[str, Any]
    required: frozenset[str]
    computed: Mapping[str, Any]
    blocks: Mapping[str, Nested]

    @property
    def settable(self) -> frozenset[str]:
        """The names of all that can be set."""
        return frozenset(self.arguments) | frozenset(self.blocks)

    @property
    def attributes(self) -> Mapping[str, Any]:
        """What can be read, with its type."""
        return {**self.arguments, **self.computed}


@dataclass(frozen=True, kw_only=True)
class Schema:
    """The extract, of one version of the provider."""

    version: str
    provider: Block
    resources: Mapping[str, Block]
    data_sources: Mapping[str, Block]


@dataclass
class _Reader:
    """Reads blocks; those that occur often stand once, under a number."""

    shared: Mapping[str, Any]
    known: dict[str, Block] = field(default_factory=dict)

    def block(self, source: Any) -> Block:
        if not isinstance(source, str):
            return self._read(source)
        if source not in self.known:
            self.known[source] = self._read(self.shared[source])
        return self.known[source]

    def _read(self, source: Mapping[str, Any]) -> Block:
        required = source.get("required", {})
        return Block(
            arguments={**required, **source.get("optional", {})},
            required=frozenset(required),
            computed=source.get("computed", {}),
            blocks={
                name: Nested(
                    nesting=nested["nesting"], least=nested.get("least", 0), block=self.block(nested["block"])
                )
                for name, nested in source.get("blocks", {}).items()
            },
        )


@cache
def load() -> Schema:
    """The extract that lies beside this module."""
    content = json.loads(FILE.read_text(encoding="utf-8"))
    reader = _Reader(content["shared"])
    return Schema(
        version=content["version"],
        provider=reader.block(content["provider"]),
        resources={name: reader.block(it) for name, it in content["resources"].items()},
        data_sources={name: reader.block(it) for name, it in content["data_sources"].items()},
    )

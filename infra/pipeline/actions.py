"""The actions that the program's resources take, as `actions.yaml` lists them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).parent / "actions.yaml"


@dataclass(frozen=True, kw_only=True)
class Actions:
    """What the file says; each attribute is explained there.

    Attributes:
        types, functions: from a type or a function to what reads it and, for a type, what changes it.
    """

    types: Mapping[str, Mapping[str, Sequence[str]]]
    functions: Mapping[str, Sequence[str]]
    publishing: Sequence[str]
    arns: Mapping[str, Sequence[str]]
    readable: Mapping[str, Sequence[str]]
    unscoped: Sequence[str]
    tagged: Sequence[str]
    passed_to: Sequence[str]
    linked: Sequence[str]
    workloads: Sequence[str]

    @property
    def reading(self) -> list[str]:
        """What `pulumi preview --refresh` does, in order."""
        asked = (action for actions in self.functions.values() for action in actions)
        return sorted({*asked, *self._of("read")})

    @property
    def writing(self) -> list[str]:
        """What `pulumi up` and the publication after it do beside reading, in order."""
        return sorted({*self._of("write"), *self.publishing} - {*self.reading})

    def _of(self, kind: str) -> Iterator[str]:
        for actions in self.types.values():
            yield from actions.get(kind, ())


@cache
def load() -> Actions:
    """Read the file."""
    content: dict[str, Any] = yaml.safe_load(FILE.read_text())
    return Actions(**content)


def service(action: str) -> str:
    """The service that an action belongs to: `sqs` of `sqs:SendMessage`."""
    return action.partition(":")[0]

"""Differences that only moto makes."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

FILE = Path(__file__).with_name("artefacts.yaml")


@dataclass(frozen=True, kw_only=True)
class Artefact:
    """A difference that a second plan may show.

    Attributes:
        type: of the resource, such as `aws_lb`.
        attribute: its path, as a regular expression.
        reason: what moto answers, and what AWS would.
    """

    type: str
    attribute: str
    reason: str

    def explains(self, type_: str, attribute: str) -> bool:
        """Whether this is why `attribute` of a resource of that type differs."""
        return self.type == type_ and re.fullmatch(self.attribute, attribute) is not None


def load(path: Path = FILE) -> Sequence[Artefact]:
    """The list of artefacts."""
    return [Artefact(**entry) for entry in yaml.safe_load(path.read_text(encoding="utf-8")) or []]

"""Findings that are lived with, each for a written reason: infra/policies/exceptions.yaml."""

from collections.abc import Sequence
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from scripts.scan.errors import ScanError
from scripts.scan.findings import Finding, Scan

FILE = Path("infra") / "policies" / "exceptions.yaml"

ScannerName = Literal["checkov", "parliament", "cloudsplaining", "bandit", "detect-secrets"]


class Exemption(BaseModel):
    """One kind of finding that is lived with.

    Attributes:
        scanner, check: what says it, and the name of its check.
        where: what it may be said of; `*` stands for any characters.
        presets: where it may be said; everywhere when it is left out.
        reason: why it is no danger, or one that is accepted.
        owner: who answers for that.
        since: when they said so.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    scanner: ScannerName
    check: Annotated[str, Field(min_length=1)]
    where: Annotated[tuple[str, ...], Field(min_length=1)]
    presets: Annotated[tuple[str, ...], Field(min_length=1)] | None = None
    reason: Annotated[str, Field(min_length=20)]
    owner: Annotated[str, Field(min_length=1)]
    since: date

    def covers(self, scan: Scan, finding: Finding) -> bool:
        """Whether a finding of that scan is lived with."""
        return any(self.pattern_covers(pattern, scan, finding) for pattern in self.where)

    def pattern_covers(self, pattern: str, scan: Scan, finding: Finding) -> bool:
        """Whether one of the patterns of `where` is about a finding."""
        return (
            self.scanner == scan.scanner
            and self.check == finding.check
            and (self.presets is None or scan.subject in self.presets)
            and fnmatchcase(finding.where, pattern)
        )

    def stale(self, scans: Sequence[Scan]) -> list[str]:
        """The patterns of `where`, and the presets, that no finding answers to any more."""
        covered = {
            (scan.subject, pattern)
            for scan in scans
            for finding in scan.findings
            for pattern in self.where
            if self.pattern_covers(pattern, scan, finding)
        }
        subjects = {subject for subject, _ in covered}
        patterns = {pattern for _, pattern in covered}
        return [
            *(pattern for pattern in self.where if pattern not in patterns),
            *(f"preset {preset}" for preset in self.presets or () if preset not in subjects),
        ]


def read(path: Path) -> list[Exemption]:
    """Read the exceptions.

    Raises:
        ScanError: the file cannot be read, or an entry of it lacks something, such as its reason.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise ScanError(f"the exceptions cannot be read: {error}. An empty list, `[]`, is enough.") from None
    try:
        return TypeAdapter(list[Exemption]).validate_python(content)
    except ValidationError as error:
        problems = "\n".join(f"- {_place(each['loc'], content)}: {each['msg']}" for each in error.errors())
        raise ScanError(
            f"{path} has exceptions that do not count:\n{problems}\n"
            "Each names scanner, check, where (a list), reason, owner and since (a date)."
        ) from None


def _place(location: tuple[int | str, ...], content: object) -> str:
    """Where a problem is: the entry by its number and check, and its key."""
    if not location or not isinstance(content, list):
        return "the file"
    number, *keys = location
    entry = content[number] if isinstance(number, int) else None
    check = f" ({entry.get('check')})" if isinstance(entry, dict) else ""
    key = f", {keys[0]}" if keys else ""
    return f"entry {int(number) + 1}{check}{key}"

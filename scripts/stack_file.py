"""A stack's file, `Pulumi.<stack>.yaml`, edited so that its comments and order stay."""

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import yaml

from scripts.errors import UserError

INDENT = "  "


class StackFileError(UserError):
    """A stack's file is missing, or cannot be edited."""


@dataclass(frozen=True, kw_only=True)
class StackFile:
    """The text of a stack's file."""

    path: Path
    namespace: str
    text: str

    @classmethod
    def read(cls, root: Path, stack: str) -> Self:
        """The file of a stack of the Pulumi project in `root`.

        Raises:
            StackFileError: there is none, or it is no YAML.
        """
        path = root / f"Pulumi.{stack}.yaml"
        if not path.is_file():
            known = sorted(it.stem.removeprefix("Pulumi.") for it in root.glob("Pulumi.*.yaml"))
            raise StackFileError(
                f"There is no stack {stack}: {path.name} is missing. Stacks: {', '.join(known)}."
            )
        file = cls(path=path, namespace=cls.project(root), text=path.read_text(encoding="utf-8"))
        try:
            file.config  # noqa: B018 - read for its error
        except yaml.YAMLError as error:
            raise StackFileError(f"{path.name} is not valid YAML: {error}") from None
        return file

    @staticmethod
    def project(root: Path) -> str:
        """The name of the Pulumi project in `root`."""
        name: str = yaml.safe_load((root / "Pulumi.yaml").read_text(encoding="utf-8"))["name"]
        return name

    @property
    def config(self) -> dict[str, Any]:
        """The whole config, keys as they stand there."""
        return (yaml.safe_load(self.text) or {}).get("config") or {}

    @property
    def settings(self) -> dict[str, Any]:
        """The settings below the project's name."""
        prefix = f"{self.namespace}:"
        return {k.removeprefix(prefix): v for k, v in self.config.items() if k.startswith(prefix)}

    @property
    def region(self) -> str | None:
        """The stack's AWS region."""
        return self.config.get("aws:region")

    def with_value(self, section: str, name: str, value: str) -> Self:
        """The file with `name: value` in a section of the settings; by itself where the section is "".

        Raises:
            StackFileError: the file is written in a way that this cannot edit.
        """
        key = f"{self.namespace}:{section or name}"
        expected = {**self.config, key: {**(self.config.get(key) or {}), name: value} if section else value}
        edited = replace(self, text=self._edited(key, f"{name}: {value}" if section else None, value))
        try:
            fine = edited.config == expected
        except yaml.YAMLError:
            fine = False
        if not fine:
            where = f" below {key}" if section else ""
            raise StackFileError(
                f"{self.path.name} is written unusually: put `{name}: {value}`{where} yourself."
            )
        return edited

    def write(self) -> None:
        """Write the text to the file."""
        self.path.write_text(self.text, encoding="utf-8")

    def _edited(self, key: str, entry: str | None, value: str) -> str:
        """The text with `entry` in the section `key`, or without an entry with `key` set to `value`."""
        lines = self.text.splitlines()
        at = next((n for n, line in enumerate(lines) if line.strip().startswith(f"{key}:")), None)
        if at is None:
            added = (
                [f"{INDENT}{key}: {value}"] if entry is None else [f"{INDENT}{key}:", f"{INDENT * 2}{entry}"]
            )
            return "\n".join([*_with_config(lines), *added]) + "\n"
        if entry is None:
            lines[at] = _replaced(lines[at], value)
        elif "{" in lines[at]:
            lines[at] = _in_braces(lines[at], entry)
        else:
            _below(lines, at, entry)
        return "\n".join(lines) + "\n"


def _with_config(lines: list[str]) -> list[str]:
    return lines if any(line.startswith("config:") for line in lines) else [*lines, "config:"]


def _replaced(line: str, value: str) -> str:
    """A line `key: old # comment` with another value."""
    return re.sub(r"^(\s*[^\s#]+:\s+)[^\s#]+", lambda found: found.group(1) + value, line)


def _in_braces(line: str, entry: str) -> str:
    name = entry.partition(":")[0]
    if re.search(rf"[{{\s,]{name}:", line):
        return re.sub(rf"([{{\s,]){name}:\s*[^,}}]+", rf"\g<1>{entry}", line)
    return line.replace("{", f"{{{entry}, ", 1).replace(", }", "}")


def _below(lines: list[str], at: int, entry: str) -> None:
    """Set an entry of the block below the line `at`."""
    outer = _indent(lines[at])
    inside = at + 1
    while inside < len(lines) and (not lines[inside].strip() or _indent(lines[inside]) > outer):
        if lines[inside].strip().startswith(f"{entry.partition(':')[0]}:"):
            lines[inside] = _replaced(lines[inside], entry.partition(": ")[2])
            return
        inside += 1
    first = next((line for line in lines[at + 1 : inside] if line.strip()), " " * (outer + len(INDENT)))
    lines.insert(at + 1, f"{' ' * _indent(first)}{entry}")


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))

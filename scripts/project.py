"""What the Pulumi CLI reads before it runs a program: Pulumi.yaml and Pulumi.<stack>.yaml."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import yaml

from scripts.errors import UserError


class ProjectError(UserError):
    """A file of the project is missing or cannot be read, or there is no such stack."""


@dataclass(frozen=True, kw_only=True)
class Project:
    """A Pulumi project: its folder, name and program (a folder or a file, from the root)."""

    root: Path
    name: str
    main: Path

    @classmethod
    def load(cls, root: Path) -> Self:
        """Read `Pulumi.yaml` in `root`. Raises `ProjectError` when it is missing or not what Pulumi takes."""
        content = _read(root / "Pulumi.yaml", "run the command in the project's folder")
        if not isinstance(content.get("name"), str):
            raise ProjectError(
                f"{root / 'Pulumi.yaml'} names no project: add a line such as `name: blueprint`."
            )
        return cls(root=root, name=content["name"], main=root / content.get("main", "."))

    def stacks(self) -> list[str]:
        """Return the stacks that have a file, in alphabetical order."""
        return sorted(path.stem.removeprefix("Pulumi.") for path in self.root.glob("Pulumi.*.yaml"))

    def config(self, stack: str) -> dict[str, str]:
        """Return the configuration of a stack as programs get it: text, or JSON for lists and sections.

        Raises `ProjectError` for a stack without a file, and lists those that have one.
        """
        if stack not in self.stacks():
            known = ", ".join(self.stacks()) or "none"
            raise ProjectError(f"There is no stack {stack}: Pulumi.{stack}.yaml is missing. Stacks: {known}.")
        content = _read(self.root / f"Pulumi.{stack}.yaml", "create it")
        values = content.get("config") or {}
        encrypted = [key for key, value in values.items() if isinstance(value, dict) and "secure" in value]
        if encrypted:
            raise ProjectError(
                f"Pulumi.{stack}.yaml encrypts {', '.join(encrypted)}: only the Pulumi CLI has the key. "
                "Leave secrets out of a stack that is deployed locally."
            )
        return {self._key(key): as_config(value) for key, value in values.items()}

    def _key(self, key: str) -> str:
        """Return the key with its namespace, which is the project's where none is written."""
        return key if ":" in key else f"{self.name}:{key}"


def _read(path: Path, remedy: str) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text())
    except FileNotFoundError:
        raise ProjectError(f"{path} does not exist: {remedy}.") from None
    except yaml.YAMLError as error:
        raise ProjectError(f"{path} is not valid YAML: {error}") from None
    if not isinstance(content, dict):
        raise ProjectError(f"{path} holds no settings: {remedy}.")
    return content


def as_config(value: Any) -> str:
    """A setting the way the Pulumi CLI hands it to a program: text as it is, all else as JSON."""
    return value if isinstance(value, str) else json.dumps(value)

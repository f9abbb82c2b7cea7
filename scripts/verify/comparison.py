"""Two engines, one world: what the embedded one makes of a stack, beside what the provider makes of it."""

import json
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from scripts.local.engine.deployment import deploy
from scripts.project import Project
from scripts.terraform.export import Export
from scripts.verify.errors import VerifyError
from scripts.verify.world import World, describe


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """The world that the provider made, described while it stood, and how to make the other one.

    Attributes:
        root: of the project.
        stack: what the stack is called.
        config: its configuration.
        regions: that it has something in.
    """

    root: Path
    stack: str
    config: Mapping[str, str]
    regions: tuple[str, ...]

    @classmethod
    def of(cls, root: Path, export: Export) -> "Comparison":
        """What it takes to compare an export of the project in `root`.

        Raises:
            VerifyError: nothing is built that the embedded engine could deploy.
        """
        evaluation, settings = export.evaluation, export.evaluation.settings
        if not evaluation.built:
            raise VerifyError(
                "The embedded engine deploys what is built, and nothing is: run "
                f"`blueprint build --platform {settings.platform}`."
            )
        providers = export.configuration.files["providers"]["provider"]["aws"]
        regions = tuple(dict.fromkeys(it["region"] for it in providers))
        return cls(root=root, stack=settings.stack, config=evaluation.config, regions=regions)

    def differences(self, provided: World, endpoint: str) -> list[str]:
        """Deploy the stack with the embedded engine into the AWS at `endpoint`; say where the worlds differ.

        Raises:
            EngineError, SettingsError: the stack cannot be deployed, for example because nothing is built.
        """
        with tempfile.TemporaryDirectory(prefix="compare-") as folder:
            self._project(Path(folder))
            deploy(stack=self.stack, root=Path(folder), endpoint=endpoint)
        return list(differ(describe(endpoint, self.regions), provided))

    def _project(self, folder: Path) -> None:
        """A project of this program with that one stack."""
        project = Project.load(self.root)
        content = {"name": project.name, "main": str(project.main), "runtime": "python"}
        (folder / "Pulumi.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
        config = yaml.safe_dump({"config": dict(self.config)})
        (folder / f"Pulumi.{self.stack}.yaml").write_text(config, encoding="utf-8")


def differ(embedded: World, provided: World) -> Iterator[str]:
    """Where two worlds differ: an operation, then what only one of them tells."""
    for name in sorted(embedded.keys() | provided.keys()):
        ours, theirs = embedded.get(name, []), provided.get(name, [])
        if ours != theirs:
            yield f"{name}:"
            yield from _diff(ours, theirs)


def _diff(ours: list[str], theirs: list[str]) -> Iterator[str]:
    """What only one of them has: - is the embedded engine's, + the provider's."""
    left, right = Counter(_lines(ours, theirs)), Counter(_lines(theirs, ours))
    yield from (f"  - {line}" for line in sorted((left - right).elements()))
    yield from (f"  + {line}" for line in sorted((right - left).elements()))


def _lines(things: list[str], others: list[str]) -> Iterator[str]:
    """Each member of the things that the other side has not, with the thing's name before it."""
    for thing in things:
        if thing in others:
            continue
        content = json.loads(thing)
        if not isinstance(content, dict):
            yield thing
            continue
        name = next((str(value) for key, value in sorted(content.items()) if key.endswith("Name")), "")
        yield from (f"{name} {key}: {json.dumps(value, sort_keys=True)}" for key, value in content.items())

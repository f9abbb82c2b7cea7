"""Evaluates a whole stack of this project: its settings, and everything that they would create."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pulumi
from pulumi.runtime import MockCallArgs, MockResourceArgs, Mocks

from infra.errors import SettingsError
from infra.manifest import NAMES, Manifest, ManifestEntry
from infra.settings import Settings
from infra.settings.presets import PRESETS
from infra.stack import Stack
from scripts.errors import UserError
from scripts.evaluation import faults
from scripts.evaluation.recorder import REGION, Recording, Regions, Unknowns, record
from scripts.project import Project, as_config

ACCOUNT = "<account-id>"
"""Stands for the number of an account, with as many characters."""

IMAGE = "<newest-image>"

NOTHING: Mapping[str, Any] = MappingProxyType({})


class EvaluationError(UserError):
    """A stack's settings cannot work, and the message names each; or its program fails, and it says where."""


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """What a stack would create.

    Attributes:
        config: the stack's configuration, as a program gets it: text, or JSON for lists and sections.
        settings: what the program reads from it.
        recording: every resource with its inputs, as far as they are known before anything exists.
        built: whether the artifacts are those in dist/; placeholders stand for them otherwise.
    """

    config: Mapping[str, str]
    settings: Settings
    recording: Recording
    built: bool


class Offline(Unknowns):
    """Answers what a program asks AWS without asking it: right of the region, the rest in brackets."""

    def __init__(self) -> None:
        self._regions = Regions()

    def new_resource(self, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
        """Nothing is known of a resource but its inputs."""
        self._regions.learn(args)
        return super().new_resource(args)

    def call(self, args: MockCallArgs) -> dict[str, Any]:  # type: ignore[override] # a pair is optional
        """Answer for the region of the provider that is asked."""
        region = self._regions.of(args.provider)
        own: Mapping[str, dict[str, Any]] = {
            "aws:index/getAvailabilityZones:getAvailabilityZones": {
                "names": [f"{region}{letter}" for letter in "abcdef"]
            },
            "aws:index/getCallerIdentity:getCallerIdentity": {"accountId": ACCOUNT},
            "aws:ssm/getParameter:getParameter": {"value": IMAGE},
        }
        return own.get(args.token) or super().call(args)


def evaluate(root: Path, stack: str, mocks: Mocks | None = None) -> Evaluation:
    """Evaluate a stack of the project in `root` by its file, `Pulumi.<stack>.yaml`.

    `mocks` answer what the program asks; without them, nothing is known of what does not exist.

    Raises:
        EvaluationError: its settings cannot work.
        ProjectError: there is no such stack, or its file cannot be read.
    """
    project = Project.load(root)
    return _evaluate(project, stack, project.config(stack), mocks)


def evaluate_preset(
    root: Path,
    preset: str,
    mocks: Mocks | None = None,
    stage: str = "staging",
    own: Mapping[str, Any] = NOTHING,
) -> Evaluation:
    """Evaluate a preset of the project in `root` by itself, as a stack of that stage called after it.

    Staging is held to no rule that needs an owner's own settings; `own` are such settings, as a stack's file
    would have them. `mocks` as in `evaluate`.

    Raises:
        EvaluationError: there is no such preset.
        EngineError: the project's file cannot be read.
    """
    if preset not in PRESETS:
        raise EvaluationError(f"There is no preset {preset}. Presets: {', '.join(PRESETS)}.")
    project = Project.load(root)
    settings = {"preset": preset, "stage": stage, **own}
    config = {f"{project.name}:{key}": as_config(value) for key, value in settings.items()}
    config["aws:region"] = REGION
    return _evaluate(project, preset, config, mocks)


def _evaluate(project: Project, stack: str, config: Mapping[str, str], mocks: Mocks | None) -> Evaluation:
    found: list[tuple[Settings, Manifest | None]] = []

    def program() -> None:
        settings = Settings.load()
        manifest = _built(project.root, settings)
        found.append((settings, manifest))
        for name, value in Stack(settings, manifest or placeholders(settings)).outputs().items():
            pulumi.export(name, value)

    try:
        recording = record(
            program, project=project.name, stack=stack, config=config, mocks=mocks or Offline()
        )
    except pulumi.RunError as error:
        raise EvaluationError(str(error)) from None
    except UserError:
        raise
    except Exception as error:
        raise EvaluationError(faults.described(error)) from error
    [(settings, manifest)] = found
    return Evaluation(config=config, settings=settings, recording=recording, built=manifest is not None)


def _built(root: Path, settings: Settings) -> Manifest | None:
    try:
        return Manifest.read(root / "dist" / settings.platform, settings)
    except SettingsError:
        return None


def placeholders(settings: Settings) -> Manifest:
    """A manifest of artifacts that do not exist; good enough to look at the stack, not to deploy it."""
    entries = {
        name: ManifestEntry(
            file=f"{name}.tar.gz" if name == "app" else f"{name}.zip", sha256="0" * 64, size=0
        )
        for name in sorted(NAMES)
    }
    return Manifest(
        folder=Path("dist") / settings.platform,
        platform=settings.platform,
        python="3.13",
        artifacts=entries,
    )

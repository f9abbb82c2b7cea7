"""Exports that many tests look at, made once."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from scripts.evaluation.recorder import Recording
from scripts.terraform.configuration import Configuration
from scripts.terraform.placeholders import Placeholders
from tests.infra.stacks import SETTINGS, build, evaluate


@dataclass(frozen=True, kw_only=True)
class Exported:
    """A stack: as it was recorded, what its placeholders stand for, and as Terraform."""

    recording: Recording
    placeholders: Placeholders
    configuration: Configuration


class Exports:
    """Exports of the stacks that tests look at, by name."""

    def __init__(self, dist: Path) -> None:
        self.dist = dist
        self.get = cache(self._export)

    def _export(self, name: str) -> Exported:
        placeholders = Placeholders()
        recording = evaluate(SETTINGS[name], self.dist, stack=name, mocks=placeholders)
        configuration = Configuration.of(recording, placeholders)
        return Exported(recording=recording, placeholders=placeholders, configuration=configuration)


@pytest.fixture(scope="session")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Exports:
    """Every stack by its name."""
    return Exports(build(tmp_path_factory.mktemp("dist") / "arm64"))


@pytest.fixture
def everything(exports: Exports) -> Exported:
    """A stack with every option switched on."""
    return exports.get("everything")

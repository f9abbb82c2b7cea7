"""Stacks that many tests look at, evaluated once."""

from functools import cache
from pathlib import Path

import pytest

from scripts.evaluation.recorder import Recording
from tests.infra.stacks import SETTINGS, build, evaluate


@pytest.fixture(scope="session")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with built artifacts."""
    return build(tmp_path_factory.mktemp("dist") / "arm64")


@pytest.fixture(scope="session")
def stacks(dist: Path) -> "Stacks":
    """Every stack by its name."""
    return Stacks(dist)


class Stacks:
    """What each stack registers: those with a file, and each preset by itself."""

    def __init__(self, dist: Path) -> None:
        self._dist = dist
        self.get = cache(self._evaluate)

    def _evaluate(self, name: str) -> Recording:
        config = SETTINGS[name]
        return evaluate(config, self._dist, stack=name)


@pytest.fixture(scope="session")
def local(stacks: Stacks) -> Recording:
    """What the `local` stack registers."""
    return stacks.get("local")


@pytest.fixture(scope="session")
def dev(stacks: Stacks) -> Recording:
    """What the `dev` stack registers."""
    return stacks.get("dev")


@pytest.fixture(scope="session")
def prod(stacks: Stacks) -> Recording:
    """What the `prod` stack registers, its owner's settings given."""
    return stacks.get("prod")


@pytest.fixture(scope="session")
def everything(stacks: Stacks) -> Recording:
    """What a stack with every option switched on registers."""
    return stacks.get("everything")


@pytest.fixture(scope="session")
def internet(stacks: Stacks) -> Recording:
    """What the preset `internet` registers by itself, without a domain."""
    return stacks.get("internet")


@pytest.fixture(params=SETTINGS)
def any_stack(request: pytest.FixtureRequest, stacks: Stacks) -> Recording:
    """Each of the stacks in turn."""
    return stacks.get(request.param)

"""Stacks that many tests look at, evaluated once."""

from pathlib import Path

import pytest

from scripts.evaluation.recorder import Recording
from tests.infra.stacks import PROD, build, evaluate, own_settings


@pytest.fixture(scope="session")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with built artifacts."""
    return build(tmp_path_factory.mktemp("dist") / "arm64")


@pytest.fixture(scope="session")
def local(dist: Path) -> Recording:
    """What the `local` stack registers."""
    return evaluate(own_settings("local"), dist, stack="local")


@pytest.fixture(scope="session")
def dev(dist: Path) -> Recording:
    """What the `dev` stack registers."""
    return evaluate(own_settings("dev"), dist, stack="dev")


@pytest.fixture(scope="session")
def prod(dist: Path) -> Recording:
    """What a production stack registers."""
    return evaluate(PROD, dist, stack="prod")


@pytest.fixture(params=["local", "dev", "prod"])
def any_stack(request: pytest.FixtureRequest) -> Recording:
    """Each of the stacks in turn."""
    recording = request.getfixturevalue(request.param)
    assert isinstance(recording, Recording)
    return recording

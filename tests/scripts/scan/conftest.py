"""Stacks for tests of scanners."""

import pytest

from scripts.evaluation.recorder import Recording
from tests.infra.stacks import SETTINGS, build, evaluate


@pytest.fixture(scope="session")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    """What a stack with every option switched on registers."""
    return evaluate(
        SETTINGS["everything"], build(tmp_path_factory.mktemp("dist") / "arm64"), stack="everything"
    )

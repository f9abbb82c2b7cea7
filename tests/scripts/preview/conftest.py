"""Previews that many tests look at, evaluated once."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts.evaluation.stack import Evaluation, evaluate

ROOT = Path(__file__).parents[3]

MakeProject = Callable[..., Path]


@pytest.fixture(scope="session")
def dev() -> Evaluation:
    """What the `dev` stack would create."""
    return evaluate(ROOT, "dev")


@pytest.fixture
def project(tmp_path: Path) -> MakeProject:
    """A function that makes the folder of a project without artifacts, with the stack `it` set as given."""

    def make(**settings: Any) -> Path:
        own = {
            f"blueprint:{key}": value
            for key, value in {"preset": "growth", "stage": "dev", **settings}.items()
        }
        (tmp_path / "Pulumi.yaml").write_text("name: blueprint\nmain: infra/\nruntime: python\n")
        stack = {"config": {"aws:region": "eu-west-1", **own}}
        (tmp_path / "Pulumi.it.yaml").write_text(yaml.safe_dump(stack))
        return tmp_path

    return make

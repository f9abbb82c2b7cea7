"""Every stack deploys through the embedded engine: nothing that it registers is skipped."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.pipeline import actions
from scripts.evaluation.recorder import REGION, Recording
from tests.infra.conftest import Stacks
from tests.infra.pipeline.calls import recorded
from tests.infra.stacks import SETTINGS
from tests.scripts.local.engine.world import deployed

ALLOWED = {*actions.load().reading, *actions.load().writing}
BY_HAND = {"iam:CreateOpenIDConnectProvider", "iam:CreatePolicy"}
"""What makes the pipeline itself, which only a person does."""


@pytest.mark.parametrize("name", [name for name in SETTINGS if name != "local"])
def test_a_stack_deploys_whole_into_the_local_aws(name: str, stacks: Stacks, tmp_path: Path) -> None:
    with recorded() as called, deployed(tmp_path, name, _file(SETTINGS[name])) as world:
        assert world.deployment.types == _types(stacks.get(name))
    assert called
    assert called - BY_HAND <= ALLOWED, "what a pipeline would be refused: infra/pipeline/actions.yaml"


def _file(settings: Any) -> str:
    """The file of a stack with these settings."""
    own = {f"blueprint:{key}": value for key, value in settings.items()}
    return yaml.safe_dump({"config": {"aws:region": REGION, **own}})


def _types(recording: Recording) -> Counter[str]:
    """How many resources of each type a program registers, as the engine counts."""
    custom = (it.type for it in recording.resources.values() if it.custom)
    return Counter(type_ for type_ in custom if not type_.startswith("pulumi:providers:"))

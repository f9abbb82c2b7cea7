"""What the settings of the delivery pipeline forbid each other, and in which words."""

from typing import Any

import pytest

from tests.infra.stacks import DEV, refusal

NO_PIPELINE = "Name the repository, or remove this: without one there is no pipeline."

PROBLEMS: list[tuple[dict[str, Any], str, str]] = [
    (
        {"repository": "acme/shop", "environment": "prod", "branch": "main"},
        "pipeline.branch is 'main'; allowed: unset where pipeline.environment is set.",
        "Keep one: limit the environment to the branch on GitHub, where people can approve, too.",
    ),
    (
        {"environment": "prod"},
        "pipeline.environment is 'prod'; allowed: unset where pipeline.repository is.",
        NO_PIPELINE,
    ),
    (
        {"state_bucket": "acme-state"},
        "pipeline.state_bucket is 'acme-state'; allowed: unset where pipeline.repository is.",
        NO_PIPELINE,
    ),
]


@pytest.mark.parametrize(("pipeline", "claim", "remedy"), PROBLEMS)
def test_settings_that_forbid_each_other_are_refused(
    pipeline: dict[str, Any], claim: str, remedy: str
) -> None:
    assert f"- blueprint:{claim} {remedy}" in refusal({**DEV, "pipeline": pipeline}).splitlines()


def test_a_repository_has_an_owner() -> None:
    assert "pipeline.repository" in refusal({**DEV, "pipeline": {"repository": "shop"}})

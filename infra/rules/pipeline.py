"""What the settings of the delivery pipeline forbid each other."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from infra.errors import Problem
from infra.rules.rule import Rule

if TYPE_CHECKING:
    from infra.settings import Settings

OF_A_PIPELINE = ("environment", "branch", "state_bucket", "secrets_key_arn")


def _one_thing_deploys(settings: "Settings") -> Iterator[Problem]:
    """A token names the environment where its job has one, and the branch only where it has none."""
    if settings.pipeline.environment and settings.pipeline.branch:
        yield Problem(
            key="pipeline.branch",
            value=settings.pipeline.branch,
            allowed="unset where pipeline.environment is set",
            remedy="Keep one: limit the environment to the branch on GitHub, where people can approve, too.",
        )


def _a_pipeline_has_a_repository(settings: "Settings") -> Iterator[Problem]:
    pipeline = settings.pipeline
    for key in OF_A_PIPELINE:
        if pipeline.repository is None and getattr(pipeline, key) is not None:
            yield Problem(
                key=f"pipeline.{key}",
                value=getattr(pipeline, key),
                allowed="unset where pipeline.repository is",
                remedy="Name the repository, or remove this: without one there is no pipeline.",
            )


RULES: tuple[Rule, ...] = (_one_thing_deploys, _a_pipeline_has_a_repository)

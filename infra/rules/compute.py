"""What the settings of instances and functions forbid each other."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from infra.errors import Problem
from infra.rules.rule import Rule

if TYPE_CHECKING:
    from infra.settings import Settings


def _instance_type_is_of_the_architecture(settings: "Settings") -> Iterator[Problem]:
    family = settings.fleet.instance_type.partition(".")[0]
    # AWS marks its ARM processors by a g straight after the generation: t4g, m7gd, c8gn; a1 came before that.
    actual = "arm64" if family == "a1" or re.fullmatch(r"[a-z]+\d+g[a-z]*", family) else "x86_64"
    if actual != settings.architecture:
        yield Problem(
            key="fleet.instance_type",
            value=settings.fleet.instance_type,
            allowed=f"a type with {settings.architecture} processors",
            remedy=f"Choose another type, or set architecture to {actual}.",
        )


def _artifacts_run_where_they_land(settings: "Settings") -> Iterator[Problem]:
    if settings.artifacts == "local" and not settings.emulator:
        yield Problem(
            key="artifacts",
            value="local",
            allowed=settings.architecture,
            remedy="Artifacts built for this machine run only where `emulator` is true.",
        )
    elif settings.artifacts not in (None, "local", settings.architecture):
        yield Problem(
            key="artifacts",
            value=settings.artifacts,
            allowed=settings.architecture,
            remedy="Leave it unset, or change architecture too.",
        )


def _fleet_sizes_are_in_order(settings: "Settings") -> Iterator[Problem]:
    if settings.fleet.min_size > settings.fleet.max_size:
        yield Problem(
            key="fleet.min_size",
            value=settings.fleet.min_size,
            allowed=f"at most fleet.max_size, {settings.fleet.max_size}",
            remedy="Lower it or raise fleet.max_size.",
        )


RULES: tuple[Rule, ...] = (
    _instance_type_is_of_the_architecture,
    _artifacts_run_where_they_land,
    _fleet_sizes_are_in_order,
)

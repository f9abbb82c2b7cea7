"""What settings forbid each other: each rule is one thing that a real `pulumi up` would trip over.

A rule looks at the whole settings, whose fields are sound by then, and yields a `Problem` for each thing that
cannot work. Each module has the rules of one area.
"""

from typing import TYPE_CHECKING

from infra.errors import Problem
from infra.rules import (
    analytics,
    compute,
    data,
    edge,
    events,
    fleets,
    functions,
    network,
    pipeline,
    protection,
    second_region,
    stage,
)

if TYPE_CHECKING:
    from infra.settings import Settings

AREAS = (
    stage,
    network,
    compute,
    fleets,
    data,
    events,
    functions,
    analytics,
    edge,
    protection,
    second_region,
    pipeline,
)

RULES = tuple(rule for area in AREAS for rule in area.RULES)


def problems(settings: "Settings") -> list[Problem]:
    """Every problem that the rules find in `settings`."""
    return [problem for rule in RULES for problem in rule(settings)]

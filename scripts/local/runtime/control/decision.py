"""How many instances a group should have, by what was measured, as target tracking asks for it.

Amazon EC2 Auto Scaling User Guide, "Target tracking scaling policies" and "Multiple target tracking
policies". The alarms that AWS makes for one want three data points of a minute above its target before it
scales out, and fifteen below nine tenths of it before it scales in: here likewise, with a period
(`minute.MINUTE`) for a minute. A cooldown holds up simple scaling alone, which nothing here uses.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scripts.local.runtime.control.groups import Group

OUT_DATA_POINTS = 3
IN_DATA_POINTS = 15
# Of the target: below it, there is room for fewer instances.
IN_SHARE = 0.9


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A policy and its metric: the latest values, the newest last, up to `IN_DATA_POINTS`.

    `since_change` is how many of them are from after the last change of the group's capacity. `metric` names
    it for people.
    """

    policy: str
    metric: str
    target: float
    scales_in: bool
    values: Sequence[float]
    since_change: int


@dataclass(frozen=True, kw_only=True)
class Decision:
    """The capacity that a group should have, and why."""

    desired: int
    reason: str


def decide(group: Group, warm: int, policies: Sequence[Measured]) -> Decision | None:
    """Return how many instances the group should have, None where that is as many as it has.

    `warm` is the number of its instances that serve and have warmed up: what is measured is of those. The
    largest capacity that a policy asks for holds; there are fewer only if all that may scale in ask for it,
    and not while an instance starts or warms up.
    """
    return _out(group, warm, policies) or _in(group, warm, policies)


def _out(group: Group, warm: int, policies: Sequence[Measured]) -> Decision | None:
    asking = [one for one in policies if _is_above(one)]
    if not asking:
        return None
    strictest = max(asking, key=lambda one: one.values[-1] / one.target)
    metric = strictest.values[-1]
    desired = min(math.ceil(warm * metric / strictest.target), group.maximum)
    if desired <= group.desired:
        return None
    reason = (
        f"{strictest.metric} was above {strictest.target:g} for {OUT_DATA_POINTS} periods, last {metric:.3g}"
    )
    return Decision(desired=desired, reason=reason)


def _in(group: Group, warm: int, policies: Sequence[Measured]) -> Decision | None:
    allowed = [one for one in policies if one.scales_in]
    if not allowed or warm < group.desired or not all(map(_is_below, allowed)):
        return None
    strictest = max(allowed, key=lambda one: max(one.values) / one.target)
    highest = max(strictest.values)
    desired = max(math.ceil(group.desired * highest / strictest.target), group.minimum)
    if desired >= group.desired:
        return None
    reason = (
        f"{strictest.metric} was below {IN_SHARE * strictest.target:g} for {IN_DATA_POINTS} periods,"
        f" at most {highest:.3g}"
    )
    return Decision(desired=desired, reason=reason)


def _is_above(one: Measured) -> bool:
    latest = one.values[-OUT_DATA_POINTS:]
    return len(latest) == OUT_DATA_POINTS and min(latest) > one.target


def _is_below(one: Measured) -> bool:
    enough = min(len(one.values), one.since_change) >= IN_DATA_POINTS
    return enough and max(one.values[-IN_DATA_POINTS:]) < IN_SHARE * one.target

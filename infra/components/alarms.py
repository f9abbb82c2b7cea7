"""What is worth an alarm, and the registry to which everything reports that."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar

import pulumi

from infra.components import naming

ALARM_NAME_LIMIT = 255


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """A metric that somebody must hear of.

    Attributes:
        name: of the alarm.
        description: what it means and what to look at first.
        namespace, metric, dimensions: of the CloudWatch metric.
        across: one more dimension, and those of its values whose metrics are summed up; at most ten.
        threshold: in the metric's unit.
        comparison: which side of the threshold is bad.
        statistic: how one period's samples become one value.
        period: seconds, a multiple of 60.
        periods: how many in a row must be bad.
        missing: what a period without samples counts as.
        urgent: users notice while it lasts; somebody should be woken up.
    """

    name: str
    description: str
    namespace: str
    metric: str
    dimensions: Mapping[str, pulumi.Input[str]]
    threshold: float
    comparison: Literal["GreaterThanThreshold", "GreaterThanOrEqualToThreshold", "LessThanThreshold"] = (
        "GreaterThanThreshold"
    )
    statistic: Literal["Average", "Maximum", "Minimum", "Sum"] = "Average"
    period: int = 60
    periods: int = 5
    missing: Literal["breaching", "notBreaching"] = "notBreaching"
    across: tuple[str, Sequence[str]] | None = None
    urgent: bool = False

    @property
    def metrics(self) -> list[Mapping[str, pulumi.Input[str]]]:
        """The dimensions of each metric that it watches."""
        if self.across is None:
            return [self.dimensions]
        dimension, values = self.across
        return [{**self.dimensions, dimension: value} for value in values]


def physical_name(name: str) -> str:
    """What CloudWatch calls the alarm `name`, for those who look it up there."""
    return naming.physical(name, ALARM_NAME_LIMIT)


class Watchable(Protocol):
    """Something that says what is worth an alarm."""

    @property
    def alarms(self) -> Sequence[Alarm]: ...


W = TypeVar("W", bound=Watchable)


class Registry:
    """Everything that is watched, by the service that it belongs to."""

    def __init__(self) -> None:
        self._watched: dict[str, list[Watchable]] = {}

    def add(self, service: str, component: W) -> W:
        """Watch `component` as a part of `service`, and return it."""
        self._watched.setdefault(service, []).append(component)
        return component

    def alarms(self) -> Mapping[str, Sequence[Alarm]]:
        """Every alarm by the service that it belongs to."""
        return {
            service: [alarm for component in components for alarm in component.alarms]
            for service, components in self._watched.items()
        }

"""Examples of the components of operations."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from infra.components import alarms
from tests.infra.components.examples.example import Example


@dataclass(frozen=True)
class Watched:
    """Something that reports one alarm."""

    alarm: alarms.Alarm

    @property
    def alarms(self) -> list[alarms.Alarm]:
        return [self.alarm]


def make_alarm(target: Any) -> None:
    alarms.Alarms("it", alarms.AlarmsArgs()).watch(Watched(target))


EXAMPLES: Mapping[type, Example] = {
    alarms.AlarmsArgs: Example(
        make=lambda args: alarms.Alarms("it", args),
        args=alarms.AlarmsArgs,
        changes={"email": lambda _: "a@example.com"},
    ),
    alarms.Alarm: Example(
        make=make_alarm,
        args=lambda: alarms.Alarm(
            name="n", description="d", namespace="N", metric="m", dimensions={"A": "a"}, threshold=1
        ),
    ),
}

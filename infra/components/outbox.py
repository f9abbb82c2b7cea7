"""Events that wait in the outbox of a shop, as its instances report them."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.components import naming
from infra.components.alarms import Alarm

STUCK = 300
"""Seconds. An event leaves within one; what waits longer is not accepted by anybody, or not relayed."""


@dataclass(frozen=True, kw_only=True)
class OutboxArgs:
    """
    Attributes:
        logs: of each service, the log group in which its instances report (`app/platform/backlog.py`).
    """

    logs: Mapping[str, pulumi.Input[str]]


class Outbox(pulumi.ComponentResource):
    """What is counted of the outbox: how many events wait, and for how long the oldest of them.

    Resources: metric filters.

    Attributes:
        alarms: an event waits for too long.
    """

    def __init__(self, name: str, args: OutboxArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("blueprint:operations:Outbox", name, None, opts)
        self._name = name
        for service, log in args.logs.items():
            self._count(service, log, "depth", "Count")
            self._count(service, log, "age", "Seconds")
        self.alarms = [
            Alarm(
                name=f"{name}-stuck",
                description=f"An event waits in the outbox for over {STUCK // 60} minutes: no destination"
                " takes it, or no instance relays. The services' logs say which: look for 'refused', 'too"
                " large', 'takes no events' and 'lost the lead'. It leaves once the cause is mended.",
                namespace=naming.prefix(),
                metric=f"{name}-age",
                dimensions={},
                statistic="Maximum",
                threshold=STUCK,
                urgent=True,
            )
        ]
        self.register_outputs({})

    def _count(self, service: str, log: pulumi.Input[str], field: str, unit: str) -> None:
        aws.cloudwatch.LogMetricFilter(
            f"{self._name}-{field}-{service}",
            name=f"{self._name}-{field}",
            log_group_name=log,
            pattern=f"{{ $.outbox_{field} >= 0 }}",
            metric_transformation={
                "namespace": naming.prefix(),
                "name": f"{self._name}-{field}",
                "value": f"$.outbox_{field}",
                "unit": unit,
            },
            opts=pulumi.ResourceOptions(parent=self),
        )

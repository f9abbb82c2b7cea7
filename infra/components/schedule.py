"""Schedules: functions that are called by the clock."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.components import naming
from infra.components.alarms import Alarm
from infra.components.function import Function
from infra.components.policy import Sender
from infra.components.queue import DeadLetterQueue

NAME_LIMIT = 64
RETRIES = 2
"""Of a call that Lambda does not take; the next one comes by itself."""


@dataclass(frozen=True, kw_only=True)
class ScheduleArgs:
    """
    Attributes:
        expression: when, such as `rate(1 minute)`.
        max_age: seconds for which a call is tried, 60 to 86,400.
    """

    expression: str
    max_age: int


class Schedule(pulumi.ComponentResource):
    """Calls functions by the clock; they are told of the time, and of nothing else.

    Resources: rule; for each function a target and the permission to be called.

    Attributes:
        sender: what a queue must admit to take calls that could not be made.
        alarms: calls that could not be made.
    """

    def __init__(self, name: str, args: ScheduleArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("blueprint:events:Schedule", name, None, opts)
        self._child = pulumi.ResourceOptions(parent=self)
        self._name = name
        self._max_age = args.max_age
        self.resource = aws.cloudwatch.EventRule(
            name,
            name=naming.physical(name, NAME_LIMIT),
            schedule_expression=args.expression,
            opts=self._child,
        )
        self.sender = Sender(service="events.amazonaws.com", source_arn=self.resource.arn)
        self.alarms = [
            Alarm(
                name=f"{name}-failed",
                description=f"Calls by the schedule {name} cannot be made: may it call its functions?",
                namespace="AWS/Events",
                metric="FailedInvocations",
                dimensions={"RuleName": self.resource.name},
                statistic="Sum",
                threshold=0,
                periods=1,
            )
        ]
        self.register_outputs({"arn": self.resource.arn})

    def call(self, name: str, function: Function, undelivered: DeadLetterQueue) -> None:
        """Call `function`; the calls that cannot be made go to `undelivered`, which must admit `sender`."""
        permission = aws.lambda_.Permission(
            f"{self._name}-{name}",
            action="lambda:InvokeFunction",
            function=function.resource.name,
            qualifier=function.qualifier,
            principal=self.sender.service,
            source_arn=self.resource.arn,
            opts=self._child,
        )
        aws.cloudwatch.EventTarget(
            f"{self._name}-{name}",
            rule=self.resource.name,
            target_id=name,
            arn=function.arn,
            retry_policy={"maximum_retry_attempts": RETRIES, "maximum_event_age_in_seconds": self._max_age},
            dead_letter_config={"arn": undelivered.arn},
            opts=pulumi.ResourceOptions(parent=self, depends_on=[permission]),
        )

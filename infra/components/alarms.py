"""Alarms, and who hears of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import pulumi
import pulumi_aws as aws

from infra.components import naming

TOPIC_NAME_LIMIT = 256
ALARM_NAME_LIMIT = 255


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """A metric that somebody must hear of.

    Attributes:
        name: of the alarm.
        description: what it means and what to look at first.
        namespace, metric, dimensions: of the CloudWatch metric.
        threshold: in the metric's unit.
        comparison: which side of the threshold is bad.
        statistic: how one period's samples become one value.
        period: seconds, a multiple of 60.
        periods: how many in a row must be bad.
        missing: what a period without samples counts as.
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


class Watchable(Protocol):
    """Something that says what is worth an alarm."""

    @property
    def alarms(self) -> Sequence[Alarm]: ...


@dataclass(frozen=True, kw_only=True)
class AlarmsArgs:
    """
    Attributes:
        email: who hears of alarms, once the address has confirmed its subscription; None is nobody yet.
    """

    email: str | None = None


class Alarms(pulumi.ComponentResource):
    """A topic, its subscriber, and an alarm for each thing that the watched components report.

    Resources: SNS topic, subscription (with an address), metric alarms.
    """

    def __init__(self, name: str, args: AlarmsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("blueprint:operations:Alarms", name, None, opts)
        self._child = pulumi.ResourceOptions(parent=self)
        self.topic = aws.sns.Topic(name, name=naming.physical(name, TOPIC_NAME_LIMIT), opts=self._child)
        if args.email:
            aws.sns.TopicSubscription(
                f"{name}-email",
                topic=self.topic.arn,
                protocol="email",
                endpoint=args.email,
                opts=self._child,
            )
        self.register_outputs({"topic_arn": self.topic.arn})

    def watch(self, *components: Watchable) -> None:
        """Raise every alarm that `components` report at the topic, and say there when it is over."""
        for component in components:
            for alarm in component.alarms:
                self._raise_on(alarm)

    def _raise_on(self, alarm: Alarm) -> None:
        aws.cloudwatch.MetricAlarm(
            alarm.name,
            name=naming.physical(alarm.name, ALARM_NAME_LIMIT),
            alarm_description=alarm.description,
            namespace=alarm.namespace,
            metric_name=alarm.metric,
            dimensions=alarm.dimensions,
            statistic=alarm.statistic,
            period=alarm.period,
            evaluation_periods=alarm.periods,
            comparison_operator=alarm.comparison,
            threshold=alarm.threshold,
            treat_missing_data=alarm.missing,
            alarm_actions=[self.topic.arn],
            ok_actions=[self.topic.arn],
            opts=self._child,
        )

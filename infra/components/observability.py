"""Alarms, who hears of them, and what is looked at while one rings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.components import naming, policy
from infra.components.alarms import Alarm, physical_name

TOPIC_NAME_LIMIT = 256
DASHBOARD_NAME_LIMIT = 255
COLUMNS, WIDTH, HEIGHT = 3, 8, 6
"""Of a dashboard's charts; CloudWatch's grid is 24 units wide."""

PUBLISHERS = ("backup.amazonaws.com", "budgets.amazonaws.com", "cloudwatch.amazonaws.com")


@dataclass(frozen=True, kw_only=True)
class ObservabilityArgs:
    """
    Attributes:
        region, account_id: where the metrics are, and who may publish to the topic.
        email: who hears of alarms, once the address has confirmed its subscription; None is nobody yet.
        alarms: by the service that they belong to.
        dashboards: make a dashboard for each service.
        kms_key_arn: the key that encrypts messages; its policy lets the publishers use it. None leaves it at
            the encryption of SNS's own disks: AWS's key for SNS lets no alarm in.
    """

    region: str
    account_id: pulumi.Input[str]
    email: str | None
    alarms: Mapping[str, Sequence[Alarm]]
    dashboards: bool
    kms_key_arn: pulumi.Input[str] | None = None


class Observability(pulumi.ComponentResource):
    """A topic, an alarm for each thing that was reported, one for all that users notice, and dashboards.

    Resources: SNS topic with its policy, subscription (with an address), metric alarms, a composite alarm of
    the urgent ones, dashboards.

    Attributes:
        topic_arn: of the topic.
    """

    def __init__(
        self, name: str, args: ObservabilityArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("blueprint:operations:Observability", name, None, opts)
        self._name = name
        self._child = pulumi.ResourceOptions(parent=self)
        self.topic_arn = self._create_topic(args)
        everything = [alarm for alarms in args.alarms.values() for alarm in alarms]
        raised = [self._raise_on(alarm) for alarm in everything]
        self._sum_up([alarm for alarm in everything if alarm.urgent], raised)
        if args.dashboards:
            for service, alarms in args.alarms.items():
                self._show(service, alarms, args.region)
        self.register_outputs({"topic_arn": self.topic_arn})

    def _create_topic(self, args: ObservabilityArgs) -> pulumi.Output[str]:
        topic = aws.sns.Topic(
            self._name,
            name=naming.physical(self._name, TOPIC_NAME_LIMIT),
            kms_master_key_id=args.kms_key_arn,
            opts=self._child,
        )
        publish = {
            **policy.allow(["sns:Publish"], [topic.arn]),
            "Sid": "Alarms",
            "Principal": {"Service": list(PUBLISHERS)},
            "Condition": {"StringEquals": {"aws:SourceAccount": args.account_id}},
        }
        aws.sns.TopicPolicy(
            self._name,
            arn=topic.arn,
            policy=policy.document(policy.deny_insecure_transport("sns:Publish", [topic.arn]), publish),
            opts=self._child,
        )
        if args.email:
            aws.sns.TopicSubscription(
                f"{self._name}-email",
                topic=topic.arn,
                protocol="email",
                endpoint=args.email,
                opts=self._child,
            )
        return topic.arn

    def _raise_on(self, alarm: Alarm) -> aws.cloudwatch.MetricAlarm:
        return aws.cloudwatch.MetricAlarm(
            alarm.name,
            name=physical_name(alarm.name),
            alarm_description=alarm.description,
            **(_metric(alarm) if alarm.across is None else {"metric_queries": _sum(alarm)}),
            evaluation_periods=alarm.periods,
            comparison_operator=alarm.comparison,
            threshold=alarm.threshold,
            treat_missing_data=alarm.missing,
            alarm_actions=[self.topic_arn],
            ok_actions=[self.topic_arn],
            opts=self._child,
        )

    def _sum_up(self, urgent: Sequence[Alarm], raised: Sequence[pulumi.Resource]) -> None:
        """One alarm that says whether users notice anything: a pager listens to this one alone."""
        if not urgent:
            return
        names = [physical_name(alarm.name) for alarm in urgent]
        aws.cloudwatch.CompositeAlarm(
            f"{self._name}-urgent",
            alarm_name=physical_name(f"{self._name}-urgent"),
            alarm_description="Users notice that something is wrong; the alarms in it say what.",
            alarm_rule=" OR ".join(f'ALARM("{name}")' for name in names),
            alarm_actions=[self.topic_arn],
            ok_actions=[self.topic_arn],
            opts=pulumi.ResourceOptions(parent=self, depends_on=raised),
        )

    def _show(self, service: str, alarms: Sequence[Alarm], region: str) -> None:
        widgets = [_chart(alarm, place, region) for place, alarm in enumerate(alarms)]
        aws.cloudwatch.Dashboard(
            f"{self._name}-{service}",
            dashboard_name=naming.physical(f"{self._name}-{service}", DASHBOARD_NAME_LIMIT),
            dashboard_body=pulumi.Output.json_dumps({"widgets": widgets}),
            opts=self._child,
        )


def _metric(alarm: Alarm) -> dict[str, Any]:
    """What an alarm on one metric says about it."""
    return {
        "namespace": alarm.namespace,
        "metric_name": alarm.metric,
        "dimensions": alarm.dimensions,
        "statistic": alarm.statistic,
        "period": alarm.period,
    }


def _sum(alarm: Alarm) -> list[aws.cloudwatch.MetricAlarmMetricQueryArgs]:
    """What an alarm on the sum of several metrics says: a metric without samples counts as nothing."""
    parts = [
        aws.cloudwatch.MetricAlarmMetricQueryArgs(
            id=f"m{number}",
            metric=aws.cloudwatch.MetricAlarmMetricQueryMetricArgs(
                namespace=alarm.namespace,
                metric_name=alarm.metric,
                dimensions=dimensions,
                stat=alarm.statistic,
                period=alarm.period,
            ),
        )
        for number, dimensions in enumerate(alarm.metrics, start=1)
    ]
    total = aws.cloudwatch.MetricAlarmMetricQueryArgs(
        id="total", expression="SUM(FILL(METRICS(), 0))", label=alarm.metric, return_data=True
    )
    return [*parts, total]


def _flat(dimensions: Mapping[str, pulumi.Input[str]]) -> list[pulumi.Input[str]]:
    return [part for pair in dimensions.items() for part in pair]


def _chart(alarm: Alarm, place: int, region: str) -> dict[str, Any]:
    """The metric over time with the alarm's threshold, as the dashboard's body wants it."""
    metrics = [
        [alarm.namespace, alarm.metric, *_flat(dimensions), {"stat": alarm.statistic}]
        for dimensions in alarm.metrics
    ]
    return {
        "type": "metric",
        "x": place % COLUMNS * WIDTH,
        "y": place // COLUMNS * HEIGHT,
        "width": WIDTH,
        "height": HEIGHT,
        "properties": {
            "title": alarm.name,
            "metrics": metrics,
            "region": region,
            "period": alarm.period,
            "annotations": {"horizontal": [{"label": "alarm", "value": alarm.threshold}]},
        },
    }

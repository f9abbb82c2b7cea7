"""What the owner of a stack should know before `pulumi up`: read off the resources, whatever made them.

A caution is no error: what cannot work at all, the settings refuse. Prices are AWS's list prices of us-east-1
for what stands idle, in whole USD a month of 730 hours; they tell what is dear, not what a bill will say.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from scripts.evaluation.recorder import Registered
from scripts.evaluation.stack import Evaluation

Kind = Literal["unbuilt", "cost", "outage", "loss", "surprise", "silence"]


@dataclass(frozen=True, kw_only=True)
class Caution:
    """One thing to know.

    Attributes:
        kind: what it leads to: `cost`, `outage`, `loss` (of data), `surprise` (something changes by itself),
            `silence` (somebody is not told); `unbuilt` is about the preview itself.
        message: one or two sentences, with the setting that changes it where there is one.
    """

    kind: Kind
    message: str


IDLE_USD = {
    "ec2/natGateway:NatGateway": ("NAT gateway", 33),
    "kinesis/stream:Stream": ("on-demand stream", 29),
    "msk/serverlessCluster:ServerlessCluster": ("serverless Kafka cluster", 548),
    "rds/proxy:Proxy": ("RDS proxy", 22),
    "lb/loadBalancer:LoadBalancer": ("load balancer", 16),
    "ec2/vpcEndpoint:VpcEndpoint": ("interface endpoint and zone", 7),
}
"""By type: what one is called, and what it costs a month before it does anything."""

WORTH_SAYING = 25
"""USD a month below which a kind of resource is not mentioned."""


def cautions(evaluation: Evaluation) -> Iterator[Caution]:
    """Everything worth knowing about a stack."""
    for look in LOOKS:
        yield from look(evaluation)


def _artifacts_are_missing(evaluation: Evaluation) -> Iterator[Caution]:
    if not evaluation.built:
        platform = evaluation.settings.platform
        yield Caution(
            kind="unbuilt",
            message=f"dist/{platform} holds no artifacts: placeholders stand for them here. "
            f"Run `blueprint build --platform {platform}` before `pulumi up`.",
        )


def _what_is_dear_while_idle(evaluation: Evaluation) -> Iterator[Caution]:
    for type_, (what, price) in IDLE_USD.items():
        number = sum(_units(it) for it in evaluation.recording.of(type_))
        if number * price >= WORTH_SAYING:
            yield Caution(
                kind="cost",
                message=f"{number} × {what}: about {number * price} USD a month before any traffic.",
            )


def _units(it: Registered) -> int:
    """How many times its type's price a resource costs."""
    if it.type.endswith(":VpcEndpoint"):
        return len(it.inputs.get("subnetIds", ())) if it.inputs.get("vpcEndpointType") == "Interface" else 0
    if it.type.endswith("kinesis/stream:Stream"):
        return int(it.inputs.get("streamModeDetails", {}).get("streamMode") == "ON_DEMAND")
    return 1


def _one_zone_holds_the_way_out(evaluation: Evaluation) -> Iterator[Caution]:
    ways = [
        urn
        for route in evaluation.recording.of("ec2/route:Route")
        for key in ("natGatewayId", "networkInterfaceId")
        for urn in route.uses.get(key, ())
    ]
    if len(ways) > 1 and len(set(ways)) == 1:
        yield Caution(
            kind="outage",
            message=f"{ways[0].rpartition('::')[2]} is the way out of all zones: when its zone fails, none "
            "reaches the internet. network.nat: per_zone avoids it.",
        )


def _nothing_takes_over(evaluation: Evaluation) -> Iterator[Caution]:
    recording = evaluation.recording
    alone = [
        f"database {it.name}"
        for it in recording.of("rds/instance:Instance")
        if not it.inputs.get("multiAz") and "replicateSourceDb" not in it.inputs
    ]
    alone += [
        f"cache {it.name}"
        for it in recording.of("elasticache/replicationGroup:ReplicationGroup")
        if it.inputs.get("numCacheClusters") == 1
    ]
    alone += [
        f"fleet {it.name}" for it in recording.of("autoscaling/group:Group") if it.inputs.get("minSize") == 1
    ]
    if alone:
        yield Caution(
            kind="outage", message=f"Nothing takes over while one of these fails: {', '.join(alone)}."
        )


def _without_a_name_the_second_region_only_stands_by(evaluation: Evaluation) -> Iterator[Caution]:
    settings = evaluation.settings
    second = settings.second_region
    if second.serves and not settings.domain.in_use:
        yield Caution(
            kind="outage",
            message=f"Without a domain in use, {second.code} is asked for the catalogue alone, and only "
            f"while {settings.region} fails: nobody orders there. domain.name has the nearest answer.",
        )


def _destroy_deletes_data(evaluation: Evaluation) -> Iterator[Caution]:
    held = Counter(
        what
        for type_, what in HOLD_DATA.items()
        for it in evaluation.recording.of(type_)
        if not (it.protect or it.retain or "replicateSourceDb" in it.inputs)
    )
    if held:
        counted = ", ".join(f"{number} {what}{'s' * (number > 1)}" for what, number in held.items())
        yield Caution(
            kind="loss",
            message=f"Stage {evaluation.settings.stage}: `pulumi destroy` deletes {counted} with all data, "
            "and no snapshot stays. Stage prod protects them.",
        )


HOLD_DATA = {
    "rds/instance:Instance": "database",
    "s3/bucket:Bucket": "bucket",
    "dynamodb/table:Table": "table",
}


def _backups_reach_back_a_day(evaluation: Evaluation) -> Iterator[Caution]:
    for it in evaluation.recording.of("rds/instance:Instance"):
        days = it.inputs.get("backupRetentionPeriod", 0)
        if "replicateSourceDb" not in it.inputs and days <= 1:
            reach = "one day back" if days else "no backups"
            yield Caution(
                kind="loss",
                message=f"Database {it.name} can be restored from {reach}: database.backup_retention_days.",
            )


def _the_image_is_the_newest(evaluation: Evaluation) -> Iterator[Caution]:
    names = [str(args.get("name", "")) for _, args in evaluation.recording.calls]
    if any("ami-amazon-linux" in name for name in names):
        yield Caution(
            kind="surprise",
            message="The image of the instances is not pinned: any `pulumi up` may find a newer one and "
            "replace them all. `blueprint image` prints the line that pins it.",
        )


def _nobody_hears_of_alarms(evaluation: Evaluation) -> Iterator[Caution]:
    recording = evaluation.recording
    alarms = len(recording.of("cloudwatch/metricAlarm:MetricAlarm"))
    told = [
        it
        for it in recording.of("sns/topicSubscription:TopicSubscription")
        if it.inputs.get("protocol") in ("email", "https")
    ]
    if alarms and not told:
        yield Caution(kind="silence", message=f"Nobody hears of {alarms} alarms: set alarm_email.")


def _the_sender_is_an_example(evaluation: Evaluation) -> Iterator[Caution]:
    sender = evaluation.settings.email_sender
    if sender.endswith("@example.com") and not evaluation.settings.emulator:
        yield Caution(
            kind="silence",
            message=f"email_sender is {sender}, which nobody can confirm: no customer gets mail until it is "
            "yours.",
        )


LOOKS: tuple[Callable[[Evaluation], Iterator[Caution]], ...] = (
    _artifacts_are_missing,
    _what_is_dear_while_idle,
    _one_zone_holds_the_way_out,
    _nothing_takes_over,
    _without_a_name_the_second_region_only_stands_by,
    _destroy_deletes_data,
    _backups_reach_back_a_day,
    _the_image_is_the_newest,
    _nobody_hears_of_alarms,
    _the_sender_is_an_example,
)

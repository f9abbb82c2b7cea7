"""Tags, logs, alarms, parameters, and names."""

import re

from infra.policies.definition import ANY_OF_AWS, Findings, Option, in_stack, on_each
from infra.policies.resource_types import (
    AUTO_SCALING_GROUP,
    BUCKET,
    COMPOSITE_ALARM,
    DATABASE,
    DATABASE_CLUSTER,
    DISTRIBUTION,
    FUNCTION,
    INSTANCE,
    KEY,
    LAUNCH_TEMPLATE,
    LOAD_BALANCER,
    LOG_GROUP,
    METRIC_ALARM,
    PARAMETER,
    QUEUE,
    REPLICATION_GROUP,
    ROLE,
    SECRET,
    STREAM,
    TABLE,
    TOPIC,
    USER_POOL,
    VPC,
    WEB_ACL,
)
from infra.policies.resources import Resource, Stack
from infra.policies.secret_shapes import secret_in

TAGGED = (
    *(AUTO_SCALING_GROUP, BUCKET, DATABASE, DATABASE_CLUSTER, DISTRIBUTION, FUNCTION, INSTANCE, KEY),
    *(LAUNCH_TEMPLATE, LOAD_BALANCER, LOG_GROUP, METRIC_ALARM, PARAMETER, QUEUE, REPLICATION_GROUP, ROLE),
    *(SECRET, STREAM, TABLE, TOPIC, USER_POOL, VPC, WEB_ACL),
    "aws:ec2/natGateway:NatGateway",
    "aws:ec2/eip:Eip",
    "aws:ec2/vpcEndpoint:VpcEndpoint",
    "aws:rds/proxy:Proxy",
    "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream",
    "aws:msk/serverlessCluster:ServerlessCluster",
    "aws:emrserverless/application:Application",
    "aws:backup/vault:Vault",
)
"""What costs money or holds data, and can be tagged."""

REQUIRED_TAGS = Option(
    name="requiredTags",
    description="Tags that every resource must have, its own or by the provider's default.",
    default=("Project", "Stack", "Stage"),
)

SUPERSEDED = {
    "aws:alb/": "the same type of `aws.lb`",
    "aws:elb/": "`aws.lb`",
    "aws:ec2/securityGroupRule:": "`aws.vpc.SecurityGroupIngressRule` and `SecurityGroupEgressRule`",
    "aws:ec2/launchConfiguration:": "`aws.ec2.LaunchTemplate`",
    "aws:s3/bucketObject:": "`aws.s3.BucketObjectv2`",
    "aws:elasticache/cluster:": "`aws.elasticache.ReplicationGroup`",
    "aws:cloudfront/originAccessIdentity:": "`aws.cloudfront.OriginAccessControl`",
    "aws:waf/": "`aws.wafv2`",
    "aws:wafregional/": "`aws.wafv2`",
}

SUPERSEDED_BUCKET = re.compile(r"aws:s3/bucket\w*V2:")

RESERVED = (
    (PARAMETER, "name", re.compile(r"^/?(aws|ssm)", re.IGNORECASE), "Parameter Store keeps `aws` and `ssm`"),
    (
        BUCKET,
        "bucket",
        re.compile(r"^(xn--|sthree-|amzn-s3-demo-)|(-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$"),
        "S3 keeps this beginning or end",
    ),
    (LOAD_BALANCER, "name", re.compile(r"^internal-"), "Elastic Load Balancing keeps `internal-`"),
    ("aws:kms/alias:Alias", "name", re.compile(r"^alias/aws/"), "KMS keeps `alias/aws/`"),
    ("aws:ec2/securityGroup:SecurityGroup", "name", re.compile(r"^sg-"), "EC2 keeps `sg-`"),
    (
        DATABASE,
        "username",
        re.compile(r"^(rdsadmin$|rds_|pg_)", re.IGNORECASE),
        "RDS keeps this user name",
    ),
)
"""Type, property, what is reserved, and by whom."""


@on_each(
    *TAGGED,
    remedy="Set the provider's `default_tags`.",
    options=[REQUIRED_TAGS],
)
def tags_present(resource: Resource) -> Findings:
    """Without tags nobody knows whose a resource is, what it costs, and whether it may go."""
    missing = [tag for tag in resource.option(REQUIRED_TAGS.name) if not resource.tags.get(tag)]
    if missing:
        yield f"it lacks {', '.join(missing)}."


@on_each(
    AUTO_SCALING_GROUP,
    remedy="List the tags in the group's `tags` with `propagate_at_launch`.",
    options=[REQUIRED_TAGS],
)
def instances_tagged(group: Resource) -> Findings:
    """The provider's default tags do not reach the instances that a group starts."""
    reaching = {each.get("key") for each in group.blocks("tags") if each.on("propagateAtLaunch")}
    missing = [tag for tag in group.option(REQUIRED_TAGS.name) if tag not in reaching]
    if missing:
        yield f"its instances lack {', '.join(missing)}."


@on_each(LOG_GROUP, remedy="Set `retention_in_days`.")
def log_retention(group: Resource) -> Findings:
    """CloudWatch keeps logs for ever unless told otherwise, and so does the bill; so do customers' data."""
    if not group.get("retentionInDays"):
        yield "it keeps its log for ever."


@on_each(METRIC_ALARM, COMPOSITE_ALARM, remedy="Set `alarm_actions` to the ARN of a topic.")
def alarm_acts(alarm: Resource) -> Findings:
    """An alarm that nobody hears is none."""
    if not alarm.has("alarmActions") or alarm.get("actionsEnabled") is False:
        yield "it tells nobody."


@on_each(
    METRIC_ALARM, COMPOSITE_ALARM, remedy="Say in `alarm_description` what to look at first.", advisory=True
)
def alarm_described(alarm: Resource) -> Findings:
    """Who is woken by it at night should not have to search for its meaning."""
    if not alarm.get("alarmDescription"):
        yield "it does not say what it means."


@in_stack(TOPIC, remedy="Create a TopicSubscription for it.", production=True)
def alarms_heard(topic: Resource, stack: Stack) -> Findings:
    """A topic without subscribers swallows every alarm."""
    alarmed = any(stack.about(topic, type_, "alarmActions") for type_ in (METRIC_ALARM, COMPOSITE_ALARM))
    if alarmed and not stack.about(topic, "aws:sns/topicSubscription:TopicSubscription", "topic"):
        yield "alarms go there, and nobody hears them."


@on_each(PARAMETER, remedy='Keep it in Secrets Manager, or set `type="SecureString"`.')
def parameters_without_secrets(parameter: Resource) -> Findings:
    """Whoever may read parameters reads a plain one, and so does the history that is kept of it."""
    if parameter.get("type") == "SecureString":
        return
    name = str(parameter.get("name")).rpartition("/")[2]
    if reason := secret_in(name, str(parameter.get("value") or parameter.get("insecureValue") or "")):
        yield f"{name}: {reason}."


@on_each(*{type_ for type_, _, _, _ in RESERVED}, remedy="Choose another name.")
def names_free(resource: Resource) -> Findings:
    """A name that AWS keeps for itself is refused in the middle of an update, or means something else."""
    for type_, key, reserved, reason in RESERVED:
        name = resource.get(key) if resource.type == type_ else None
        if name and reserved.search(name):
            yield f"`{name}`: {reason}."


@on_each(*ANY_OF_AWS, remedy="Use the newer type.")
def types_current(resource: Resource) -> Findings:
    """These policies, and the tools around them, look at the newer types only: what is declared by an old
    one would pass unseen."""
    newer = next((newer for old, newer in SUPERSEDED.items() if resource.type.startswith(old)), None)
    if SUPERSEDED_BUCKET.match(resource.type):
        newer = "the same type of `aws.s3` without V2"
    if newer:
        yield f"`{resource.type}` is superseded by {newer}."

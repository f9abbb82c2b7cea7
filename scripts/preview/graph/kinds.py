"""Which resources a picture of the architecture shows, where, and what it says of them.

A new kind of node is one line in `KINDS`; a new kind of arrow is one line in `WIRES`. Everything else of a
stack is either counted in the strip of operations (`COUNTED`) or is plumbing that a picture leaves out.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from scripts.evaluation.recorder import Registered
from scripts.preview.report import plain

Inputs = Mapping[str, Any]
Describe = Callable[[Inputs], Iterator[str]]


class Tier(StrEnum):
    """The parts of a picture, from the clients inwards."""

    EDGE = "Edge"
    PUBLIC = "Public"
    COMPUTE = "Private compute"
    DATA = "Data"
    EVENTS = "Events"
    OPERATIONS = "Operations"


@dataclass(frozen=True, kw_only=True)
class Kind:
    """What nodes of one resource type have in common.

    Attributes:
        tier, group: where they stand.
        service: what AWS calls it; the first word below the name.
        describe: yields what else to say, from the inputs with `plain` values.
        entry: whether clients come in here, unless something stands before it.
        one: whether all of a component are shown as one.
    """

    tier: Tier
    group: str
    service: str
    describe: Describe = lambda _: iter(())
    entry: bool = False
    one: bool = False


def _balancer(inputs: Inputs) -> Iterator[str]:
    yield "internal" if inputs.get("internal") else "internet-facing"


def _fleet(inputs: Inputs) -> Iterator[str]:
    """With the inputs of its launch template, as `template`."""
    template = inputs.get("template", {})
    overrides = inputs.get("mixedInstancesPolicy", {}).get("launchTemplate", {}).get("overrides", ())
    types = [it["instanceType"] for it in overrides if it.get("instanceType")] or [
        template.get("instanceType")
    ]
    if types[0]:
        yield types[0] if len(types) == 1 else f"{types[0]} +{len(types) - 1}"
    yield f"{inputs.get('minSize')} to {inputs.get('maxSize')} instances"


def _instance(inputs: Inputs) -> Iterator[str]:
    if kind := inputs.get("instanceType"):
        yield kind


def _function(inputs: Inputs) -> Iterator[str]:
    if memory := inputs.get("memorySize"):
        yield f"{memory} MB"
    if timeout := inputs.get("timeout"):
        yield f"{timeout} s"


def _database(inputs: Inputs) -> Iterator[str]:
    """With the number of its replicas, as `read_replicas`."""
    yield str(inputs.get("instanceClass"))
    if inputs.get("multiAz"):
        yield "Multi-AZ"
    if replicas := inputs.get("read_replicas"):
        yield "1 read replica" if replicas == 1 else f"{replicas} read replicas"
    if "replicateSourceDb" in inputs:
        yield "replica"


def _cache(inputs: Inputs) -> Iterator[str]:
    yield str(inputs.get("nodeType"))
    if shards := inputs.get("numNodeGroups"):
        yield f"{shards} shards"
    if nodes := inputs.get("numCacheClusters"):
        yield "1 node" if nodes == 1 else f"{nodes} nodes"
    if inputs.get("automaticFailoverEnabled"):
        yield "failover"


def _table(inputs: Inputs) -> Iterator[str]:
    yield "on demand" if inputs.get("billingMode") == "PAY_PER_REQUEST" else "provisioned"
    for replica in inputs.get("replicas", ()):
        yield f"replica in {replica.get('regionName')}"


def _queue(inputs: Inputs) -> Iterator[str]:
    """Whether it has a queue of dead letters, as `dead_letters`."""
    if inputs.get("fifoQueue"):
        yield "FIFO"
    if inputs.get("dead_letters"):
        yield "with dead letters"


def _topic(inputs: Inputs) -> Iterator[str]:
    if inputs.get("fifoTopic"):
        yield "FIFO"


def _stream(inputs: Inputs) -> Iterator[str]:
    shards = inputs.get("shardCount")
    yield "on demand" if not shards else "1 shard" if shards == 1 else f"{shards} shards"


def _broker(inputs: Inputs) -> Iterator[str]:
    yield f"{inputs.get('numberOfBrokerNodes')} brokers"


def _serverless(_: Inputs) -> Iterator[str]:
    yield "serverless"


KINDS: Mapping[str, Kind] = {
    "route53/zone:Zone": Kind(tier=Tier.EDGE, group="Names", service="Route 53", entry=True),
    "route53/record:Record": Kind(tier=Tier.EDGE, group="Names", service="Route 53", entry=True, one=True),
    "wafv2/webAcl:WebAcl": Kind(tier=Tier.EDGE, group="Firewall", service="WAF", entry=True),
    "cloudfront/distribution:Distribution": Kind(
        tier=Tier.EDGE, group="Content delivery", service="CloudFront", entry=True
    ),
    "apigatewayv2/api:Api": Kind(tier=Tier.EDGE, group="Gateway", service="API Gateway", entry=True),
    "cognito/userPool:UserPool": Kind(tier=Tier.EDGE, group="Identity", service="Cognito", entry=True),
    "lb/loadBalancer:LoadBalancer": Kind(
        tier=Tier.PUBLIC, group="Load balancing", service="ALB", describe=_balancer, entry=True
    ),
    "ec2/natGateway:NatGateway": Kind(tier=Tier.PUBLIC, group="Way out", service="NAT gateway", one=True),
    "ec2/instance:Instance": Kind(
        tier=Tier.PUBLIC, group="Way out", service="EC2", describe=_instance, one=True
    ),
    "autoscaling/group:Group": Kind(tier=Tier.COMPUTE, group="Services", service="EC2", describe=_fleet),
    "lambda/function:Function": Kind(
        tier=Tier.COMPUTE, group="Functions", service="Lambda", describe=_function
    ),
    "emrserverless/application:Application": Kind(
        tier=Tier.COMPUTE, group="Batch", service="EMR", describe=_serverless
    ),
    "rds/proxy:Proxy": Kind(tier=Tier.DATA, group="Databases", service="RDS Proxy"),
    "rds/instance:Instance": Kind(tier=Tier.DATA, group="Databases", service="RDS", describe=_database),
    "rds/cluster:Cluster": Kind(tier=Tier.DATA, group="Databases", service="Aurora"),
    "elasticache/replicationGroup:ReplicationGroup": Kind(
        tier=Tier.DATA, group="Cache", service="ElastiCache", describe=_cache
    ),
    "elasticache/serverlessCache:ServerlessCache": Kind(
        tier=Tier.DATA, group="Cache", service="ElastiCache", describe=_serverless
    ),
    "dynamodb/table:Table": Kind(tier=Tier.DATA, group="Tables", service="DynamoDB", describe=_table),
    "s3/bucket:Bucket": Kind(tier=Tier.DATA, group="Buckets", service="S3"),
    "glue/catalogDatabase:CatalogDatabase": Kind(tier=Tier.DATA, group="Analytics", service="Glue catalogue"),
    "athena/workgroup:Workgroup": Kind(tier=Tier.DATA, group="Analytics", service="Athena"),
    "sqs/queue:Queue": Kind(tier=Tier.EVENTS, group="Queues", service="SQS", describe=_queue),
    "sns/topic:Topic": Kind(tier=Tier.EVENTS, group="Topics", service="SNS", describe=_topic),
    "cloudwatch/eventBus:EventBus": Kind(tier=Tier.EVENTS, group="Buses", service="EventBridge"),
    "kinesis/stream:Stream": Kind(tier=Tier.EVENTS, group="Streams", service="Kinesis", describe=_stream),
    "kinesis/firehoseDeliveryStream:FirehoseDeliveryStream": Kind(
        tier=Tier.EVENTS, group="Delivery", service="Firehose"
    ),
    "msk/serverlessCluster:ServerlessCluster": Kind(
        tier=Tier.EVENTS, group="Kafka", service="MSK", describe=_serverless
    ),
    "msk/cluster:Cluster": Kind(tier=Tier.EVENTS, group="Kafka", service="MSK", describe=_broker),
    "sesv2/emailIdentity:EmailIdentity": Kind(tier=Tier.EVENTS, group="Mail", service="SES"),
}
"""By the end of the type's token."""

IN_OPERATIONS = frozenset({"delivery", "operations", "config", "backup"})
"""Areas (`blueprint:<area>:<Name>`) whose components serve operators: their nodes go to the strip as well."""

COUNTED: Mapping[str, tuple[str, str]] = {
    "cloudwatch/metricAlarm:MetricAlarm": ("alarm", "alarms"),
    "cloudwatch/compositeAlarm:CompositeAlarm": ("composite alarm", "composite alarms"),
    "cloudwatch/dashboard:Dashboard": ("dashboard", "dashboards"),
    "cloudwatch/logGroup:LogGroup": ("log group", "log groups"),
    "budgets/budget:Budget": ("budget", "budgets"),
    "backup/vault:Vault": ("backup vault", "backup vaults"),
    "backup/plan:Plan": ("backup plan", "backup plans"),
    "kms/key:Key": ("key", "keys"),
    "secretsmanager/secret:Secret": ("secret", "secrets"),
    "ssm/parameter:Parameter": ("parameter", "parameters"),
    "acm/certificate:Certificate": ("certificate", "certificates"),
    "ec2/vpcEndpoint:VpcEndpoint": ("private endpoint", "private endpoints"),
    "ec2/flowLog:FlowLog": ("flow log", "flow logs"),
    "ec2/subnet:Subnet": ("subnet", "subnets"),
    "iam/role:Role": ("role", "roles"),
    "iam/openIdConnectProvider:OpenIdConnectProvider": ("deployer by OIDC", "deployers by OIDC"),
    "autoscaling/policy:Policy": ("scaling policy", "scaling policies"),
    "autoscaling/schedule:Schedule": ("scaling schedule", "scaling schedules"),
    "sns/topic:Topic": ("topic of alarms", "topics of alarms"),
    "s3/bucket:Bucket": ("bucket of operators", "buckets of operators"),
    "sqs/queue:Queue": ("queue of operators", "queues of operators"),
}
"""What the strip of operations counts: one, and several."""


@dataclass(frozen=True, kw_only=True)
class Wire:
    """How a resource of `type` ties two others together: by the inputs that name them; "" is itself."""

    type: str
    source: str
    target: str
    copies: bool = False


WIRES = (
    Wire(type="lambda/eventSourceMapping:EventSourceMapping", source="eventSourceArn", target="functionName"),
    Wire(
        type="lambda/eventSourceMapping:EventSourceMapping", source="functionName", target="destinationConfig"
    ),
    Wire(
        type="lambda/functionEventInvokeConfig:FunctionEventInvokeConfig",
        source="functionName",
        target="destinationConfig",
    ),
    Wire(type="sns/topicSubscription:TopicSubscription", source="topic", target="endpoint"),
    Wire(type="cloudwatch/eventTarget:EventTarget", source="eventBusName", target="arn"),
    Wire(type="cloudwatch/eventTarget:EventTarget", source="rule", target="arn"),
    Wire(type="cloudwatch/eventTarget:EventTarget", source="eventBusName", target="deadLetterConfig"),
    Wire(type="apigatewayv2/integration:Integration", source="apiId", target="integrationUri"),
    Wire(type="apigatewayv2/authorizer:Authorizer", source="apiId", target="jwtConfiguration"),
    Wire(type="cloudfront/distribution:Distribution", source="", target="origins"),
    Wire(type="cloudfront/distribution:Distribution", source="webAclId", target=""),
    Wire(type="wafv2/webAclAssociation:WebAclAssociation", source="webAclArn", target="resourceArn"),
    Wire(type="route53/record:Record", source="zoneId", target="aliases"),
    Wire(type="route53/record:Record", source="", target="aliases"),
    Wire(type="lb/listenerRule:ListenerRule", source="listenerArn", target="actions"),
    Wire(type="autoscaling/group:Group", source="targetGroupArns", target=""),
    Wire(type="rds/proxyTarget:ProxyTarget", source="dbProxyName", target="dbInstanceIdentifier"),
    Wire(
        type="kinesis/firehoseDeliveryStream:FirehoseDeliveryStream",
        source="kinesisSourceConfiguration",
        target="",
    ),
    Wire(
        type="kinesis/firehoseDeliveryStream:FirehoseDeliveryStream",
        source="",
        target="extendedS3Configuration",
    ),
    Wire(type="athena/workgroup:Workgroup", source="", target="configuration"),
    Wire(type="glue/catalogTable:CatalogTable", source="databaseName", target="storageDescriptor"),
    Wire(type="s3/bucketNotification:BucketNotification", source="bucket", target="lambdaFunctions"),
    Wire(type="s3/bucketNotification:BucketNotification", source="bucket", target="queues"),
    Wire(type="s3/bucketNotification:BucketNotification", source="bucket", target="topics"),
    Wire(type="rds/instance:Instance", source="replicateSourceDb", target="", copies=True),
    Wire(
        type="s3/bucketReplicationConfig:BucketReplicationConfig",
        source="bucket",
        target="rules",
        copies=True,
    ),
)

PASSED_THROUGH: Mapping[str, tuple[str, ...]] = {
    "lb/listener:Listener": ("loadBalancerArn",),
    "lb/targetGroup:TargetGroup": (),
    "lambda/alias:Alias": ("functionName",),
    "kinesis/streamConsumer:StreamConsumer": ("streamArn",),
    "cloudwatch/eventRule:EventRule": ("eventBusName",),
    "cognito/userPoolClient:UserPoolClient": ("userPoolId",),
    "cloudfront/vpcOrigin:VpcOrigin": ("vpcOriginEndpointConfig",),
}
"""What stands for something else where a wire names it, and the inputs that name that."""

CARRIED = frozenset(
    {
        "ec2/launchTemplate:LaunchTemplate",
        "iam/instanceProfile:InstanceProfile",
        "iam/role:Role",
        "ec2/securityGroup:SecurityGroup",
    }
)
"""What a node carries: its role and security groups, through what hands them to it."""


def kind_of(it: Registered) -> str:
    """A resource's type without its package: the key of the tables above."""
    return it.type.partition(":")[2]


def describe(kind: Kind, inputs: Inputs) -> tuple[str, ...]:
    """What stands below a node's name: the service, then the details."""
    return (kind.service, *kind.describe({key: plain(value) for key, value in inputs.items()}))

"""Kafka: streams for those who speak its protocol."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.components import naming, policy
from infra.components.alarms import Alarm
from infra.components.function import REPORT_FAILURES, Function
from infra.components.policy import Role, Statement
from infra.components.queue import DeadLetterQueue
from infra.components.security_group import Networked, SecurityGroup, SecurityGroupArgs

NAME_LIMIT = 64
PORT = 9098
"""Where brokers listen to clients that sign by IAM."""


@dataclass(frozen=True, kw_only=True)
class KafkaArgs:
    """
    Attributes:
        vpc_id, subnet_ids: subnets in two zones at least.
    """

    vpc_id: pulumi.Input[str]
    subnet_ids: Sequence[pulumi.Input[str]]


@dataclass(frozen=True, kw_only=True)
class TopicMapping:
    """How a function is fed from a topic.

    Attributes:
        batch_size: records a call at the most.
        batch_window: seconds to wait for a fuller batch.
        max_retries: retries of a failed batch.
        max_age: seconds after which a record is tried no more.
        lag: records that it may be behind before somebody hears of it.
    """

    batch_size: int
    batch_window: int
    max_retries: int
    max_age: int
    lag: int = 10_000


class Kafka(pulumi.ComponentResource):
    """A serverless MSK cluster, which speaks TLS only and knows its clients by IAM.

    Resources: security group, cluster; event source mappings of the functions that it feeds.

    Attributes:
        arn: of the cluster.
        brokers: `host:port` of the bootstrap brokers.
        security_group: admits the clients that it is told of.
    """

    def __init__(self, name: str, args: KafkaArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("blueprint:events:Kafka", name, None, opts)
        self._child = child = pulumi.ResourceOptions(parent=self)
        self._name = name
        self._physical = naming.physical(name, NAME_LIMIT)
        self.security_group = SecurityGroup(
            f"{name}-brokers", SecurityGroupArgs(vpc_id=args.vpc_id, description=f"Brokers {name}"), child
        )
        self.resource = aws.msk.ServerlessCluster(
            name,
            cluster_name=self._physical,
            client_authentication={"sasl": {"iam": {"enabled": True}}},
            vpc_configs=[
                {
                    "subnet_ids": args.subnet_ids,
                    "security_group_ids": [self.security_group.resource.id],
                }
            ],
            opts=child,
        )
        self.arn = self.resource.arn
        self.brokers = self.resource.bootstrap_brokers_sasl_iam
        self.register_outputs({"arn": self.arn})

    def allow_from(self, *clients: Networked) -> None:
        """Let `clients` connect."""
        for client in clients:
            self.security_group.allow_from(client, PORT)

    def allow_mappings(self) -> None:
        """Let Lambda read for the functions that are fed: from the cluster's own subnets, in its group."""
        self.security_group.allow_from(self, PORT)
        self.security_group.allow_https_out()

    def feed(self, topic: str, function: Function, mapping: TopicMapping, failures: DeadLetterQueue) -> None:
        """Feed `function` from `topic`, a partition each in order; what it gives up is told to `failures`.

        `allow_mappings` must have been called. All that reads for a function is one consumer group, called
        as the function is.

        A mapping of its own pollers, because others know neither partial responses nor bounds: they take a
        reported failure for a success. A queue is told where the records are (partitions and offsets), and
        they stay in the topic for as long as that keeps them. AWS also takes a topic of SNS, a bucket, which
        gets the records as well, and another topic of the cluster (Lambda developer guide, "Configuring error
        handling controls for Kafka event sources" and "Capturing discarded batches for Amazon MSK and
        self-managed Apache Kafka event sources").
        """
        role = function.role
        group = naming.physical(role.name, NAME_LIMIT)
        # AWS's own policy: network interfaces cannot be narrowed to some.
        access = policy.attach(role, "service-role/AWSLambdaMSKExecutionRole", self._child)
        grants = [access, self.grant_read(role, topic, group), failures.grant_send(role)]
        aws.lambda_.EventSourceMapping(
            f"{role.name}-{self._name}-{topic}",
            event_source_arn=self.arn,
            function_name=function.arn,
            topics=[topic],
            amazon_managed_kafka_event_source_config={"consumer_group_id": group},
            starting_position="TRIM_HORIZON",
            batch_size=mapping.batch_size,
            maximum_batching_window_in_seconds=mapping.batch_window,
            provisioned_poller_config={"minimum_pollers": 1},
            bisect_batch_on_function_error=True,
            maximum_retry_attempts=mapping.max_retries,
            maximum_record_age_in_seconds=mapping.max_age,
            function_response_types=REPORT_FAILURES,
            destination_config={"on_failure": {"destination_arn": failures.arn}},
            opts=pulumi.ResourceOptions(parent=self, depends_on=grants),
        )
        function.alarms.append(self.lag_alarm(topic, group, mapping.lag))

    def grant_write(self, role: Role, topic: str) -> aws.iam.RolePolicy:
        """Let `role` append to `topic`, and create it at the first time."""
        actions = ("kafka-cluster:CreateTopic", "kafka-cluster:DescribeTopic", "kafka-cluster:WriteData")
        statements = [
            self._connect("kafka-cluster:WriteDataIdempotently"),  # a right on the cluster, not on a topic
            policy.allow(actions, [self._part("topic", topic)]),
        ]
        return policy.grant(role, f"write-{self._name}-{topic}", statements, self)

    def grant_read(self, role: Role, topic: str, group: str) -> aws.iam.RolePolicy:
        """Let `role` read `topic` as a member of the consumer group `group`."""
        statements = [
            self._connect("kafka-cluster:DescribeClusterDynamicConfiguration"),
            policy.allow(
                ["kafka-cluster:DescribeTopic", "kafka-cluster:ReadData"], [self._part("topic", topic)]
            ),
            policy.allow(
                ["kafka-cluster:AlterGroup", "kafka-cluster:DescribeGroup"], [self._part("group", group)]
            ),
        ]
        return policy.grant(role, f"read-{self._name}-{topic}", statements, self)

    def _connect(self, *more: str) -> Statement:
        return policy.allow(["kafka-cluster:Connect", *more], [self.arn])

    def _part(self, kind: str, name: str) -> pulumi.Output[str]:
        """The ARN of a topic or a group: the cluster's, of another kind and one step longer."""
        return self.arn.apply(lambda arn: f"{arn.replace(':cluster/', f':{kind}/', 1)}/{name}")

    def lag_alarm(self, topic: str, group: str, records: int) -> Alarm:
        """The alarm of a consumer group that is more than `records` behind; its owner reports it."""
        return Alarm(
            name=f"{self._name}-{group}-lag",
            description=f"{group} is over {records} records behind in {topic}: it does not keep up.",
            namespace="AWS/Kafka",
            metric="MaxOffsetLag",
            dimensions={"Cluster Name": self._physical, "Consumer Group": group, "Topic": topic},
            statistic="Maximum",
            threshold=records,
        )

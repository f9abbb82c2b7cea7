"""Functions: code that runs when something has happened."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.components import naming, policy
from infra.components.alarms import Alarm
from infra.components.artifacts import Artifact
from infra.components.queue import DeadLetterQueue, Queue
from infra.components.security_group import SecurityGroup, SecurityGroupArgs
from infra.components.stream import Reader, Stream

NAME_LIMIT = 64
HANDLER = "handler.handler"
REPORT_FAILURES = ["ReportBatchItemFailures"]
"""Without it, Lambda takes a batch in which single items failed for a success."""


@dataclass(frozen=True, kw_only=True)
class FunctionArgs:
    """
    Attributes:
        artifact: the zip to run.
        python: version of Python, such as `3.13`.
        architecture: `arm64` or `x86_64`.
        memory: in MB.
        timeout: seconds a call.
        environment: variables; never a secret.
        vpc_id, subnet_ids: private subnets with a way out, one a zone.
        last_security_group_id: what the function wears at its deletion, in place of its own group: Lambda
            keeps its network interfaces for some half an hour, and with them their group.
        log_retention_days: how long its log is kept.
        after: the way out, which the function needs from its first call on.
    """

    artifact: Artifact
    python: str
    architecture: str
    memory: int
    timeout: int
    environment: Mapping[str, pulumi.Input[str]]
    vpc_id: pulumi.Input[str]
    subnet_ids: Sequence[pulumi.Input[str]]
    last_security_group_id: pulumi.Input[str]
    log_retention_days: int
    after: Sequence[pulumi.Resource] = ()


@dataclass(frozen=True, kw_only=True)
class QueueMapping:
    """How a function is fed from a queue.

    Attributes:
        batch_size: messages a call at the most.
        batch_window: seconds to wait for a fuller batch.
    """

    batch_size: int
    batch_window: int


@dataclass(frozen=True, kw_only=True)
class StreamMapping:
    """How a function is fed from a stream.

    Attributes:
        batch_size: records a call at the most.
        batch_window: seconds to wait for a fuller batch.
        parallelisation: batches of one shard at work at once; the order of one key is kept.
        max_retries: retries of a failed batch.
        max_age: seconds after which a record is tried no more.
    """

    batch_size: int
    batch_window: int
    parallelisation: int
    max_retries: int
    max_age: int


class Function(pulumi.ComponentResource):
    """A Lambda function in the VPC.

    Resources: role, policy attachment, security group, log group, function; event source mappings.

    Attributes:
        role: who the function is.
        security_group: may call AWS by HTTPS.
        alarms: calls that ended with an error.
    """

    def __init__(self, name: str, args: FunctionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("blueprint:compute:Function", name, None, opts)
        self._name = name
        self._child = pulumi.ResourceOptions(parent=self)
        physical_name = naming.physical(name, NAME_LIMIT)
        self.role = policy.service_role(name, "lambda.amazonaws.com", f"Function {name}", self._child)
        # AWS's own policy: network interfaces cannot be narrowed to some. It lets the function log, too.
        access = policy.attach(self.role, "service-role/AWSLambdaVPCAccessExecutionRole", self._child)
        self.security_group = SecurityGroup(
            f"{name}-function",
            SecurityGroupArgs(vpc_id=args.vpc_id, description=f"Function {name}"),
            self._child,
        )
        self.security_group.allow_https_out()
        log = aws.cloudwatch.LogGroup(
            f"{name}-log",
            name=f"/aws/lambda/{physical_name}",
            retention_in_days=args.log_retention_days,
            opts=self._child,
        )
        self.resource = aws.lambda_.Function(
            name,
            name=physical_name,
            role=self.role.resource.arn,
            runtime=f"python{args.python}",
            handler=HANDLER,
            architectures=[args.architecture],
            s3_bucket=args.artifact.bucket,
            s3_key=args.artifact.key,
            source_code_hash=args.artifact.code_hash,
            memory_size=args.memory,
            timeout=args.timeout,
            environment={"variables": args.environment},
            vpc_config={
                "subnet_ids": args.subnet_ids,
                "security_group_ids": [self.security_group.resource.id],
            },
            replace_security_groups_on_destroy=True,
            replacement_security_group_ids=[args.last_security_group_id],
            opts=pulumi.ResourceOptions(parent=self, depends_on=[access, log, *args.after]),
        )
        self.alarms = [
            Alarm(
                name=f"{name}-errors",
                description=f"Calls of {name} end with an error: look at its log.",
                namespace="AWS/Lambda",
                metric="Errors",
                dimensions={"FunctionName": self.resource.name},
                statistic="Sum",
                threshold=0,
            )
        ]
        self.register_outputs({"arn": self.resource.arn})

    def consumes_queue(self, name: str, queue: Queue, mapping: QueueMapping) -> None:
        """Feed the function from `queue`, whose dead-letter queue takes what fails for good.

        Raises:
            ValueError: a window to collect messages of a FIFO queue in, which Lambda refuses.
        """
        if queue.fifo and mapping.batch_window:
            raise ValueError(f"{self._name}: Lambda takes no batch window for the FIFO queue {name}.")
        aws.lambda_.EventSourceMapping(
            f"{self._name}-{name}",
            event_source_arn=queue.arn,
            function_name=self.resource.arn,
            batch_size=mapping.batch_size,
            maximum_batching_window_in_seconds=mapping.batch_window,
            function_response_types=REPORT_FAILURES,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[queue.grant_consume(self.role)]),
        )

    def consumes_stream(
        self, name: str, stream: Stream | Reader, mapping: StreamMapping, failures: DeadLetterQueue
    ) -> None:
        """Feed the function from `stream`, or as one of its registered readers, from the oldest record on.

        A failing batch is halved until the bad record stands alone; that one goes to `failures` and lets the
        rest pass. Without bounds it would hold its shard up until the stream forgets it.
        """
        grants = [stream.grant_read(self.role), failures.grant_send(self.role)]
        aws.lambda_.EventSourceMapping(
            f"{self._name}-{name}",
            event_source_arn=stream.arn,
            function_name=self.resource.arn,
            starting_position="TRIM_HORIZON",
            batch_size=mapping.batch_size,
            maximum_batching_window_in_seconds=mapping.batch_window,
            parallelization_factor=mapping.parallelisation,
            bisect_batch_on_function_error=True,
            maximum_retry_attempts=mapping.max_retries,
            maximum_record_age_in_seconds=mapping.max_age,
            destination_config={"on_failure": {"destination_arn": failures.arn}},
            function_response_types=REPORT_FAILURES,
            opts=pulumi.ResourceOptions(parent=self, depends_on=grants),
        )

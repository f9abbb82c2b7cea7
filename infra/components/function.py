"""Functions: code that runs when something has happened."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

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
LIVE = "live"
"""The alias by which everybody calls a function: it moves to a version once that is published."""

REPORT_FAILURES = ["ReportBatchItemFailures"]
"""Without it, Lambda takes a batch in which single items failed for a success."""

LOG_LEVELS = {"DEBUG": "DEBUG", "INFO": "INFO", "WARNING": "WARN", "ERROR": "ERROR"}
"""Python's levels as Lambda calls them."""

XRAY = ("xray:PutTraceSegments", "xray:PutTelemetryRecords")
"""What tracing takes; AWS lets neither be narrowed to a resource."""

Pattern = Mapping[str, Any]
"""What a record must look like, in EventBridge's pattern language."""


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
        log_level: least level that Lambda keeps of what the function logs, as Python calls it.
        log_format: `JSON` has Lambda write its own lines as JSON and filter by level; `Text` does neither.
        tracing: sample calls for X-Ray; without it, calls are traced that arrive with a trace.
        ephemeral_storage: size of /tmp in MB.
        reserved_concurrency: calls at once that are kept for it, which is also the most that it gets; None
            shares the account's. A new account has so few that AWS refuses to reserve any.
        provisioned_concurrency: environments of the live version that are always warm, and always paid for.
        kms_key_arn: key that its variables and its log are encrypted with; None is AWS's own.
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
    log_level: str = "INFO"
    log_format: Literal["JSON", "Text"] = "JSON"
    tracing: bool = False
    ephemeral_storage: int = 512
    reserved_concurrency: int | None = None
    provisioned_concurrency: int | None = None
    kms_key_arn: pulumi.Input[str] | None = None
    after: Sequence[pulumi.Resource] = ()


@dataclass(frozen=True, kw_only=True)
class AsynchronousArgs:
    """What happens to events whose sender does not wait for an answer.

    Attributes:
        retries: of an event that ended with an error, 0 to 2.
        max_age: seconds after which an event is tried no more, 60 to 21,600.
    """

    retries: int
    max_age: int


@dataclass(frozen=True, kw_only=True)
class QueueMapping:
    """How a function is fed from a queue.

    Attributes:
        batch_size: messages a call at the most.
        batch_window: seconds to wait for a fuller batch.
        max_concurrency: calls at once that the queue may make, 2 to 1,000; None is as many as there are.
        filters: only messages that match one of these; the others are deleted. Empty is all.
    """

    batch_size: int
    batch_window: int
    max_concurrency: int | None = None
    filters: Sequence[Pattern] = ()


@dataclass(frozen=True, kw_only=True)
class StreamMapping:
    """How a function is fed from a stream.

    Attributes:
        batch_size: records a call at the most.
        batch_window: seconds to wait for a fuller batch.
        parallelisation: batches of one shard at work at once; the order of one key is kept.
        max_retries: retries of a failed batch.
        max_age: seconds after which a record is tried no more.
        starting_position: the oldest record there is (`TRIM_HORIZON`), or whatever comes next (`LATEST`).
        tumbling_window: seconds over which calls hand a state on, to sum records up; 0 is none.
        filters: only records that match one of these; the others are passed over. Empty is all.
        late: seconds that the newest record read may be old before somebody hears of it.
    """

    batch_size: int
    batch_window: int
    parallelisation: int
    max_retries: int
    max_age: int
    starting_position: Literal["TRIM_HORIZON", "LATEST"] = "TRIM_HORIZON"
    tumbling_window: int = 0
    filters: Sequence[Pattern] = ()
    late: int = 300


class Function(pulumi.ComponentResource):
    """A Lambda function in the VPC, called by its alias: a version that fails can be taken back at once.

    Resources: role, grants, security group, log group, function, alias; provisioned concurrency; event
    source mappings; how asynchronous events end.

    Attributes:
        role: who the function is.
        security_group: may call AWS by HTTPS.
        resource: the function itself.
        arn: of the alias, which is what others call.
        invoke_arn: the alias as an API Gateway calls it.
        qualifier: the alias' name, for permissions.
        alarms: errors, throttles, calls that run into their timeout; of what feeds it, lateness and losses.
    """

    def __init__(self, name: str, args: FunctionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("blueprint:compute:Function", name, None, opts)
        self._name = name
        self._child = pulumi.ResourceOptions(parent=self)
        self.role = policy.service_role(name, "lambda.amazonaws.com", f"Function {name}", self._child)
        self.security_group = self._create_security_group(args.vpc_id)
        self.resource = self._create_function(args, self._create_log(args), self._grant_own_needs(args))
        self._alias = self._create_alias()
        self.arn = self._alias.arn
        self.invoke_arn = self._alias.invoke_arn
        self.qualifier = self._alias.name  # known once the alias is there: permissions wait for it
        if args.provisioned_concurrency is not None:
            self._keep_warm(args.provisioned_concurrency)
        self.alarms = self._alarms(args)
        self.register_outputs({"arn": self.arn})

    def limit_asynchronous(self, args: AsynchronousArgs, failures: DeadLetterQueue) -> None:
        """Bound the retries of events whose sender does not wait, and keep at `failures` what fails.

        Without it, Lambda tries twice within six hours and then forgets the event.
        """
        aws.lambda_.FunctionEventInvokeConfig(
            f"{self._name}-asynchronous",
            function_name=self.resource.name,
            qualifier=self._alias.name,
            maximum_retry_attempts=args.retries,
            maximum_event_age_in_seconds=args.max_age,
            destination_config={"on_failure": {"destination": failures.arn}},
            opts=pulumi.ResourceOptions(parent=self, depends_on=[failures.grant_send(self.role)]),
        )
        self.alarms.append(
            self._alarm(
                "undelivered",
                "DestinationDeliveryFailures",
                "Failed events could not be put aside either, and are lost: may it send to the queue?",
            )
        )

    def consumes_queue(self, name: str, queue: Queue, mapping: QueueMapping) -> None:
        """Feed the function from `queue`, whose dead-letter queue takes what fails for good.

        Raises:
            ValueError: a window to collect messages of a FIFO queue in, which Lambda refuses.
        """
        if queue.fifo and mapping.batch_window:
            raise ValueError(f"{self._name}: Lambda takes no batch window for the FIFO queue {name}.")
        most = mapping.max_concurrency
        aws.lambda_.EventSourceMapping(
            f"{self._name}-{name}",
            event_source_arn=queue.arn,
            function_name=self.arn,
            batch_size=mapping.batch_size,
            maximum_batching_window_in_seconds=mapping.batch_window,
            scaling_config=None if most is None else {"maximum_concurrency": most},
            filter_criteria=_criteria(mapping.filters),
            function_response_types=REPORT_FAILURES,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[queue.grant_consume(self.role)]),
        )

    def consumes_stream(
        self, name: str, stream: Stream | Reader, mapping: StreamMapping, failures: DeadLetterQueue
    ) -> None:
        """Feed the function from `stream`, or as one of its registered readers.

        A failing batch is halved until the bad record stands alone; that one goes to `failures` and lets the
        rest pass. Without bounds it would hold its shard up until the stream forgets it.
        """
        grants = [stream.grant_read(self.role), failures.grant_send(self.role)]
        aws.lambda_.EventSourceMapping(
            f"{self._name}-{name}",
            event_source_arn=stream.arn,
            function_name=self.arn,
            starting_position=mapping.starting_position,
            batch_size=mapping.batch_size,
            maximum_batching_window_in_seconds=mapping.batch_window,
            parallelization_factor=mapping.parallelisation,
            tumbling_window_in_seconds=mapping.tumbling_window or None,
            bisect_batch_on_function_error=True,
            maximum_retry_attempts=mapping.max_retries,
            maximum_record_age_in_seconds=mapping.max_age,
            destination_config={"on_failure": {"destination_arn": failures.arn}},
            filter_criteria=_criteria(mapping.filters),
            function_response_types=REPORT_FAILURES,
            opts=pulumi.ResourceOptions(parent=self, depends_on=grants),
        )
        self.alarms.append(
            self._alarm(
                "late",
                "IteratorAge",
                f"It reads records of {name} late: more shards, more parallelisation, or a failing batch.",
                threshold=mapping.late * 1_000,
                statistic="Maximum",
            )
        )

    def _create_security_group(self, vpc_id: pulumi.Input[str]) -> SecurityGroup:
        args = SecurityGroupArgs(vpc_id=vpc_id, description=f"Function {self._name}")
        group = SecurityGroup(f"{self._name}-function", args, self._child)
        group.allow_https_out()
        return group

    def _create_log(self, args: FunctionArgs) -> aws.cloudwatch.LogGroup:
        return aws.cloudwatch.LogGroup(
            f"{self._name}-log",
            name=f"/aws/lambda/{naming.physical(self._name, NAME_LIMIT)}",
            retention_in_days=args.log_retention_days,
            kms_key_id=args.kms_key_arn,
            opts=self._child,
        )

    def _grant_own_needs(self, args: FunctionArgs) -> list[pulumi.Resource]:
        # AWS's own policy: network interfaces cannot be narrowed to some. It lets the function log, too.
        access = policy.attach(self.role, "service-role/AWSLambdaVPCAccessExecutionRole", self._child)
        needs: list[pulumi.Resource] = [access]
        if args.tracing:
            needs.append(policy.grant(self.role, "trace", [policy.allow(XRAY, ["*"])], self))
        if args.kms_key_arn is not None:
            statement = policy.allow(["kms:Decrypt"], [args.kms_key_arn])
            needs.append(policy.grant(self.role, "read-variables", [statement], self))
        return needs

    def _create_function(
        self, args: FunctionArgs, log: aws.cloudwatch.LogGroup, needs: Sequence[pulumi.Resource]
    ) -> aws.lambda_.Function:
        return aws.lambda_.Function(
            self._name,
            name=naming.physical(self._name, NAME_LIMIT),
            role=self.role.resource.arn,
            runtime=f"python{args.python}",
            handler=HANDLER,
            architectures=[args.architecture],
            s3_bucket=args.artifact.bucket,
            s3_key=args.artifact.key,
            source_code_hash=args.artifact.code_hash,
            publish=True,
            memory_size=args.memory,
            timeout=args.timeout,
            ephemeral_storage={"size": args.ephemeral_storage},
            reserved_concurrent_executions=args.reserved_concurrency,
            environment={"variables": args.environment},
            kms_key_arn=args.kms_key_arn,
            tracing_config={"mode": "Active" if args.tracing else "PassThrough"},
            logging_config=_logging(args, log),
            vpc_config={
                "subnet_ids": args.subnet_ids,
                "security_group_ids": [self.security_group.resource.id],
            },
            replace_security_groups_on_destroy=True,
            replacement_security_group_ids=[args.last_security_group_id],
            opts=pulumi.ResourceOptions(parent=self, depends_on=[log, *needs, *args.after]),
        )

    def _create_alias(self) -> aws.lambda_.Alias:
        return aws.lambda_.Alias(
            f"{self._name}-{LIVE}",
            name=LIVE,
            description="What everybody calls",
            function_name=self.resource.name,
            function_version=self.resource.version,
            opts=self._child,
        )

    def _keep_warm(self, environments: int) -> None:
        aws.lambda_.ProvisionedConcurrencyConfig(
            f"{self._name}-warm",
            function_name=self.resource.name,
            qualifier=self._alias.name,
            provisioned_concurrent_executions=environments,
            opts=self._child,
        )

    def _alarms(self, args: FunctionArgs) -> list[Alarm]:
        alarms = [
            self._alarm("errors", "Errors", "Calls end with an error: look at its log."),
            self._alarm("throttles", "Throttles", "Calls are refused: it, or the account, has no more room."),
            self._alarm(
                "slow",
                "Duration",
                f"A call took nine tenths of its timeout of {args.timeout} seconds.",
                threshold=args.timeout * 900,
                statistic="Maximum",
            ),
        ]
        if args.reserved_concurrency is not None:
            full = "Nine tenths of its reserved concurrency are in use."
            most = args.reserved_concurrency * 0.9
            alarms.append(
                self._alarm("full", "ConcurrentExecutions", full, threshold=most, statistic="Maximum")
            )
        if args.provisioned_concurrency is not None:
            cold = "Calls find no warm environment: provide more."
            alarms.append(self._alarm("cold", "ProvisionedConcurrencySpilloverInvocations", cold))
        return alarms

    def _alarm(
        self,
        what: str,
        metric: str,
        meaning: str,
        *,
        threshold: float = 0,
        statistic: Literal["Maximum", "Sum"] = "Sum",
    ) -> Alarm:
        return Alarm(
            name=f"{self._name}-{what}",
            description=f"{self._name}: {meaning}",
            namespace="AWS/Lambda",
            metric=metric,
            dimensions={"FunctionName": self.resource.name},
            statistic=statistic,
            threshold=threshold,
        )


def _logging(args: FunctionArgs, log: aws.cloudwatch.LogGroup) -> aws.lambda_.FunctionLoggingConfigArgsDict:
    if args.log_format == "Text":  # which has no levels
        return {"log_format": "Text", "log_group": log.name}
    return {
        "log_format": "JSON",
        "log_group": log.name,
        "application_log_level": LOG_LEVELS[args.log_level],
        "system_log_level": "INFO",
    }


def _criteria(filters: Sequence[Pattern]) -> aws.lambda_.EventSourceMappingFilterCriteriaArgsDict | None:
    return {"filters": [{"pattern": json.dumps(it, sort_keys=True)} for it in filters]} if filters else None

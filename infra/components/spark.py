"""Spark without servers of our own: jobs over the data lake."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pulumi
import pulumi_aws as aws

from infra.components import naming, policy
from infra.components.data_lake import DataLake
from infra.components.security_group import SecurityGroup, SecurityGroupArgs

NAME_LIMIT = 64
MEMORY_OF_A_CPU = 4
"""Gigabytes: between what a worker of EMR Serverless takes at the least and at the most for each vCPU."""


@dataclass(frozen=True, kw_only=True)
class SparkArgs:
    """
    Attributes:
        lake: what jobs read, and where they write to.
        vpc_id, subnet_ids: private subnets, two zones at least.
        release: of EMR, such as `emr-7.9.0`.
        architecture: `arm64` or `x86_64`.
        max_vcpus: of all jobs together; more wait.
        idle_minutes: after which workers are let go.
    """

    lake: DataLake
    vpc_id: pulumi.Input[str]
    subnet_ids: Sequence[pulumi.Input[str]]
    release: str
    architecture: Literal["arm64", "x86_64"]
    max_vcpus: int
    idle_minutes: int


class Spark(pulumi.ComponentResource):
    """An EMR Serverless application: nothing runs, and nothing is paid, while there is no job.

    Resources: job role with its grant, security group, application.

    Attributes:
        role: who jobs are; give it to StartJobRun.
        security_group: may call AWS by HTTPS.
        application_id: of the application.
    """

    def __init__(self, name: str, args: SparkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("blueprint:analytics:Spark", name, None, opts)
        self._child = pulumi.ResourceOptions(parent=self)
        self._name = name
        self.role = policy.service_role(name, "emr-serverless.amazonaws.com", f"Jobs {name}", self._child)
        args.lake.grant_process(self.role)
        self.security_group = SecurityGroup(
            f"{name}-jobs", SecurityGroupArgs(vpc_id=args.vpc_id, description=f"Jobs {name}"), self._child
        )
        self.security_group.allow_https_out()
        self.resource = self._create_application(args)
        self.application_id = self.resource.id
        self.register_outputs({"application_id": self.application_id})

    def grant_run(self, role: policy.Role) -> aws.iam.RolePolicy:
        """Let `role` run jobs, which then are `self.role`."""
        job = pulumi.Output.concat(self.resource.arn, "/jobruns/*")
        passing = {"StringLike": {"iam:PassedToService": "emr-serverless.amazonaws.com"}}
        statements = [
            policy.allow(["emr-serverless:StartJobRun"], [self.resource.arn]),
            policy.allow(["emr-serverless:CancelJobRun", "emr-serverless:GetJobRun"], [job]),
            policy.allow(["iam:PassRole"], [self.role.resource.arn], Condition=passing),
        ]
        return policy.grant(role, f"run-{self._name}", statements, self)

    def _create_application(self, args: SparkArgs) -> aws.emrserverless.Application:
        return aws.emrserverless.Application(
            self._name,
            name=naming.physical(self._name, NAME_LIMIT),
            type="spark",
            release_label=args.release,
            architecture="ARM64" if args.architecture == "arm64" else "X86_64",
            maximum_capacity={
                "cpu": f"{args.max_vcpus} vCPU",
                "memory": f"{args.max_vcpus * MEMORY_OF_A_CPU} GB",
            },
            auto_start_configuration={"enabled": True},
            auto_stop_configuration={"enabled": True, "idle_timeout_minutes": args.idle_minutes},
            network_configuration={
                "subnet_ids": args.subnet_ids,
                "security_group_ids": [self.security_group.resource.id],
            },
            opts=self._child,
        )

"""What every instance of a database is made with, whether primary, replica, or replica in another region."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.components import naming, policy
from infra.components.database_parameters import parameters
from infra.components.security_group import SecurityGroup, SecurityGroupArgs

PORT = 5432
IDENTIFIER_LIMIT = 63


@dataclass(frozen=True, kw_only=True)
class InstanceArgs:
    """
    Attributes:
        vpc_id, subnet_ids: isolated subnets, two zones at least.
        engine_version: PostgreSQL major version. With the minor version, RDS's own upgrades would be a drift.
        instance_class: RDS class.
        max_storage: GiB up to which RDS lets the storage grow.
        iops, throughput: of the storage, the latter in MiB/s; None is what its size brings along.
        force_ssl: refuse connections without TLS.
        auto_explain: have the plans of slow statements in the log.
        logical_replication: let changes be read as a stream of rows; blue/green updates need it.
        max_connections: None leaves RDS's own, which follows the memory.
        parameters: of PostgreSQL, beside and before those that the project sets.
        maintenance_window: such as `sun:03:00-sun:04:00`, UTC; None lets RDS choose.
        auto_minor_upgrades: let RDS install minor versions, in the maintenance window.
        ca_certificate: authority of the server's certificate; None is the account's default.
        performance_insights_days: how long Performance Insights remembers; 0 is off, 7 costs nothing.
        monitoring_interval: seconds between two samples of the operating system; 0 is off.
        log_exports: which of PostgreSQL's logs go to CloudWatch.
        log_retention_days: how long they are kept there.
        kms_key_arn: the key that encrypts storage, secrets, logs and Performance Insights; None is AWS's own.
        protect: refuse to be deleted, and let changes wait for the maintenance window.
    """

    vpc_id: pulumi.Input[str]
    subnet_ids: Sequence[pulumi.Input[str]]
    engine_version: str
    instance_class: str
    max_storage: int
    iops: int | None = None
    throughput: int | None = None
    force_ssl: bool
    auto_explain: bool = False
    logical_replication: bool = False
    max_connections: int | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    maintenance_window: str | None = None
    auto_minor_upgrades: bool = True
    ca_certificate: str | None = None
    performance_insights_days: int = 0
    monitoring_interval: int = 0
    log_exports: Sequence[str] = ("postgresql",)
    log_retention_days: int
    kms_key_arn: pulumi.Input[str] | None = None
    protect: bool


class Instances:
    """Makes the instances of one database in one region, as children of its component.

    Attributes:
        security_group: what all of them wear.
        subnet_group, parameter_group: what all of them stand in and follow.
    """

    def __init__(self, name: str, args: InstanceArgs, owner: pulumi.ComponentResource) -> None:
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=owner)
        self._data = pulumi.ResourceOptions(parent=owner, protect=args.protect)
        self.security_group = SecurityGroup(
            f"{name}-database",
            SecurityGroupArgs(vpc_id=args.vpc_id, description=f"Database {name}"),
            self._child,
        )
        self.subnet_group = aws.rds.SubnetGroup(
            f"{name}-database", subnet_ids=args.subnet_ids, opts=self._child
        )
        self.parameter_group = self._create_parameter_group()
        self._monitoring = self._create_monitoring() if args.monitoring_interval else None

    def create(
        self, name: str, opts: pulumi.ResourceOptions | None = None, **own: object
    ) -> aws.rds.Instance:
        """An instance called `name`, with its log groups, and with `own` arguments beside the shared ones."""
        args = self._args
        identifier = naming.physical(name, IDENTIFIER_LIMIT)
        logs = [self._create_log_group(identifier, log) for log in args.log_exports]
        values: dict[str, Any] = {
            "instance_class": args.instance_class,
            "max_allocated_storage": args.max_storage,
            "storage_type": "gp3",
            "storage_encrypted": True,
            "iops": args.iops,
            "storage_throughput": args.throughput,
            "publicly_accessible": False,
            "parameter_group_name": self.parameter_group.name,
            "vpc_security_group_ids": [self.security_group.resource.id],
            "ca_cert_identifier": args.ca_certificate,
            "copy_tags_to_snapshot": True,
            "maintenance_window": args.maintenance_window,
            "auto_minor_version_upgrade": args.auto_minor_upgrades,
            "deletion_protection": args.protect,
            "apply_immediately": not args.protect,  # in production, changes wait for the maintenance window
            "enabled_cloudwatch_logs_exports": list(args.log_exports),
            **self._insights(),
            **own,
        }
        needed = pulumi.ResourceOptions(depends_on=logs)
        opts = self._data.merge(needed).merge(opts or pulumi.ResourceOptions())
        return aws.rds.Instance(name, identifier=identifier, opts=opts, **values)

    def _insights(self) -> dict[str, object]:
        """Performance Insights and enhanced monitoring, where they are on."""
        values: dict[str, object] = {}
        if self._args.performance_insights_days:
            values |= {
                "performance_insights_enabled": True,
                "performance_insights_retention_period": self._args.performance_insights_days,
                "performance_insights_kms_key_id": self._args.kms_key_arn,
            }
        if self._monitoring:
            values |= {
                "monitoring_interval": self._args.monitoring_interval,
                "monitoring_role_arn": self._monitoring,
            }
        return values

    def _create_parameter_group(self) -> aws.rds.ParameterGroup:
        args = self._args
        return aws.rds.ParameterGroup(
            f"{self._name}-database",
            family=f"postgres{args.engine_version}",
            parameters=parameters(
                force_ssl=args.force_ssl,
                auto_explain=args.auto_explain,
                logical_replication=args.logical_replication,
                max_connections=args.max_connections,
                more=args.parameters,
            ),
            opts=self._child,
        )

    def _create_monitoring(self) -> pulumi.Output[str]:
        """The role by which RDS writes samples of the operating system into the log; its ARN."""
        role = policy.service_role(
            f"{self._name}-monitoring",
            "monitoring.rds.amazonaws.com",
            f"Samples of database {self._name}",
            self._child,
        )
        attached = policy.attach(role, "service-role/AmazonRDSEnhancedMonitoringRole", self._child)
        arn: pulumi.Output[str] = pulumi.Output.all(role.resource.arn, attached.id).apply(lambda it: it[0])
        return arn

    def _create_log_group(self, identifier: str, log: str) -> aws.cloudwatch.LogGroup:
        """RDS would make the group itself, and keep it for ever."""
        suffix = "log" if log == "postgresql" else f"{log}-log"
        return aws.cloudwatch.LogGroup(
            f"{identifier}-{suffix}",
            name=f"/aws/rds/instance/{identifier}/{log}",
            retention_in_days=self._args.log_retention_days,
            kms_key_id=self._args.kms_key_arn,
            opts=self._child,
        )

"""A pool of database connections that many clients share: RDS Proxy."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.components import naming, policy
from infra.components.alarms import Alarm
from infra.components.database import Database
from infra.components.database_instance import PORT
from infra.components.policy import Role
from infra.components.security_group import Networked, SecurityGroup, SecurityGroupArgs

NAME_LIMIT = 63
BORROWING_TAKES_LONG = 1_000_000
"""Microseconds: the shop gives up after three seconds."""


@dataclass(frozen=True, kw_only=True)
class ProxyArgs:
    """
    Attributes:
        vpc_id, subnet_ids: where it stands, two zones at least.
        require_tls: refuse clients without TLS.
        max_connections_percent: part of the database's connections that it may open.
        max_idle_connections_percent: part of them that it keeps open while nobody needs them.
        borrow_timeout: seconds that a client waits for one of them.
        idle_client_timeout: seconds after which a silent client is cut off.
        init_query: statements for each connection that it opens; their effects do not pin it to a client.
        log_retention_days: how long its log is kept.
        log_kms_key_arn: the key that encrypts that log; None is CloudWatch's own.
    """

    vpc_id: pulumi.Input[str]
    subnet_ids: Sequence[pulumi.Input[str]]
    require_tls: bool
    max_connections_percent: int
    max_idle_connections_percent: int
    borrow_timeout: int
    idle_client_timeout: int
    init_query: str
    log_retention_days: int
    log_kms_key_arn: pulumi.Input[str] | None = None


class Proxy(pulumi.ComponentResource):
    """RDS Proxy before the primary of a database; it cannot stand before replicas.

    It logs in with the database's secret, as its clients do. A client whose session has state of its own
    (`SET`, named prepared statements, advisory locks) is pinned: it keeps its connection.

    Resources: security group, role, log group, proxy, its target group and target.

    Attributes:
        security_group: nobody may connect until `allow_from`; may connect to the database.
        endpoint: `host:port`, in place of the database's writer.
        alarms: clients that wait long for a connection; a database that the proxy does not reach.
    """

    def __init__(
        self, name: str, args: ProxyArgs, database: Database, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("blueprint:data:Proxy", name, None, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        self.security_group = SecurityGroup(
            f"{name}-proxy",
            SecurityGroupArgs(vpc_id=args.vpc_id, description=f"Proxy of database {name}"),
            self._child,
        )
        database.allow_from(self)
        self._role = policy.service_role(
            f"{name}-proxy", "rds.amazonaws.com", f"Proxy of database {name}", self._child
        )
        self.resource = self._create_proxy(database, self._role)
        self._create_target(database)
        self.endpoint: pulumi.Output[str] = pulumi.Output.concat(self.resource.endpoint, f":{PORT}")
        self.alarms = self._create_alarms()
        self.register_outputs({"endpoint": self.endpoint})

    def allow_from(self, *clients: Networked) -> None:
        """Let `clients` connect."""
        for client in clients:
            self.security_group.allow_from(client, PORT)

    def _create_proxy(self, database: Database, role: Role) -> aws.rds.Proxy:
        args = self._args
        physical = naming.physical(self._name, NAME_LIMIT)
        log = aws.cloudwatch.LogGroup(
            f"{self._name}-proxy-log",
            name=f"/aws/rds/proxy/{physical}",
            retention_in_days=args.log_retention_days,
            kms_key_id=args.log_kms_key_arn,
            opts=self._child,
        )
        auth = aws.rds.ProxyAuthArgs(
            auth_scheme="SECRETS",
            client_password_auth_type="POSTGRES_SCRAM_SHA_256",  # noqa: S106 - a kind of password
            iam_auth="DISABLED",
            secret_arn=database.secret_arn,
        )
        needed = [log, database.secret_value, database.grant_secret(role)]
        return aws.rds.Proxy(
            self._name,
            name=physical,
            engine_family="POSTGRESQL",
            role_arn=role.resource.arn,
            auths=[auth],
            require_tls=args.require_tls,
            idle_client_timeout=args.idle_client_timeout,
            vpc_subnet_ids=args.subnet_ids,
            vpc_security_group_ids=[self.security_group.resource.id],
            opts=pulumi.ResourceOptions(parent=self, depends_on=needed),
        )

    def _create_target(self, database: Database) -> None:
        args = self._args
        group = aws.rds.ProxyDefaultTargetGroup(
            self._name,
            db_proxy_name=self.resource.name,
            connection_pool_config={
                "max_connections_percent": args.max_connections_percent,
                "max_idle_connections_percent": args.max_idle_connections_percent,
                "connection_borrow_timeout": args.borrow_timeout,
                "init_query": args.init_query,
            },
            opts=self._child,
        )
        aws.rds.ProxyTarget(
            self._name,
            db_proxy_name=self.resource.name,
            target_group_name=group.name,
            db_instance_identifier=database.primary.identifier,
            opts=self._child,
        )

    def _create_alarms(self) -> list[Alarm]:
        proxy = {"ProxyName": self.resource.name}
        return [
            Alarm(
                name=f"{self._name}-proxy-waits",
                description=f"Clients of proxy {self._name} wait for a connection: look which are pinned.",
                namespace="AWS/RDS",
                metric="DatabaseConnectionsBorrowLatency",
                dimensions=proxy,
                threshold=BORROWING_TAKES_LONG,
            ),
            Alarm(
                name=f"{self._name}-proxy-unavailable",
                description=f"Proxy {self._name} does not reach its database: look at its log.",
                namespace="AWS/RDS",
                metric="AvailabilityPercentage",
                dimensions=proxy,
                comparison="LessThanThreshold",
                threshold=90,
            ),
        ]

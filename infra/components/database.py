"""The relational database: PostgreSQL on RDS, with its own secret and its read replicas."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from infra.components import naming, policy
from infra.components.alarms import Alarm
from infra.components.policy import Role
from infra.components.security_group import Networked, SecurityGroup, SecurityGroupArgs

PORT = 5432
IDENTIFIER_LIMIT = 63
PASSWORD_LENGTH = 32
PASSWORD_SYMBOLS = "!#$%&*()-_=+[]{}<>:?"  # noqa: S105 - RDS forbids / @ " and space; no password itself
GIB = 1024**3


@dataclass(frozen=True, kw_only=True)
class DatabaseArgs:
    """
    Attributes:
        vpc_id, subnet_ids: isolated subnets, two zones at least.
        engine_version: PostgreSQL major version.
        instance_class: RDS class, of the primary and the replicas.
        storage, max_storage: GiB at first, and up to which RDS lets it grow.
        database_name, username: what exists in it at first.
        replicas: how many read replicas.
        multi_az: keep a standby in a second zone.
        backup_retention_days: how far back one may restore.
        force_ssl: refuse connections without TLS.
        log_retention_days: how long its log is kept.
        protect: refuse to be deleted, take a final snapshot, and keep the secret restorable.
    """

    vpc_id: pulumi.Input[str]
    subnet_ids: Sequence[pulumi.Input[str]]
    engine_version: str
    instance_class: str
    storage: int
    max_storage: int
    database_name: str
    username: str
    replicas: int
    multi_az: bool
    backup_retention_days: int
    force_ssl: bool
    log_retention_days: int
    protect: bool


class Database(pulumi.ComponentResource):
    """PostgreSQL with its own secret: one that RDS manages would rule out read replicas.

    Resources: security group, subnet group, parameter group, password, primary and replicas with their log
    groups, secret with its value.

    Attributes:
        security_group: nobody may connect until `allow_from`.
        writer: `host:port` of the primary.
        readers: `host:port` of each replica.
        secret_arn: JSON of the shape that RDS and its rotation functions use.
        alarms: busy, full, and replicas that lag.
    """

    def __init__(self, name: str, args: DatabaseArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("blueprint:data:Database", name, None, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        self._data = pulumi.ResourceOptions(parent=self, protect=args.protect)
        self.security_group = SecurityGroup(
            f"{name}-database",
            SecurityGroupArgs(vpc_id=args.vpc_id, description=f"Database {name}"),
            self._child,
        )
        self._subnet_group = aws.rds.SubnetGroup(
            f"{name}-database", subnet_ids=args.subnet_ids, opts=self._child
        )
        self._parameter_group = self._create_parameter_group()
        self._password = random.RandomPassword(
            f"{name}-password",
            length=PASSWORD_LENGTH,
            override_special=PASSWORD_SYMBOLS,
            opts=self._child,
        )
        self.primary = self._create_primary()
        self.replicas = [self._create_replica(number) for number in range(1, args.replicas + 1)]
        self.writer: pulumi.Output[str] = self.primary.endpoint
        self.readers: list[pulumi.Output[str]] = [replica.endpoint for replica in self.replicas]
        self._secret = self._create_secret()
        self.secret_arn = self._secret.arn
        self.alarms = self._create_alarms()
        self.register_outputs({"writer": self.writer, "readers": self.readers})

    def allow_from(self, *clients: Networked) -> None:
        """Let `clients` connect."""
        for client in clients:
            self.security_group.allow_from(client, PORT)

    def grant_secret(self, role: Role) -> aws.iam.RolePolicy:
        """Let `role` read the user name and password."""
        statement = policy.allow(["secretsmanager:GetSecretValue"], [self.secret_arn])
        return policy.grant(role, f"secret-{self._name}", [statement], self)

    def _create_parameter_group(self) -> aws.rds.ParameterGroup:
        return aws.rds.ParameterGroup(
            f"{self._name}-database",
            family=f"postgres{self._args.engine_version}",
            parameters=[
                {"name": "rds.force_ssl", "value": str(int(self._args.force_ssl))},
                {"name": "log_min_duration_statement", "value": "1000"},  # ms: what is slow is in the log
            ],
            opts=self._child,
        )

    def _create_primary(self) -> aws.rds.Instance:
        args = self._args
        identifier = naming.physical(self._name, IDENTIFIER_LIMIT)
        return aws.rds.Instance(
            self._name,
            identifier=identifier,
            engine="postgres",
            engine_version=args.engine_version,
            instance_class=args.instance_class,
            allocated_storage=args.storage,
            max_allocated_storage=args.max_storage,
            storage_type="gp3",
            storage_encrypted=True,
            db_name=args.database_name,
            username=args.username,
            password=self._password.result,
            port=PORT,
            multi_az=args.multi_az,
            publicly_accessible=False,
            db_subnet_group_name=self._subnet_group.name,
            parameter_group_name=self._parameter_group.name,
            vpc_security_group_ids=[self.security_group.resource.id],
            backup_retention_period=args.backup_retention_days,
            copy_tags_to_snapshot=True,
            delete_automated_backups=not args.protect,
            deletion_protection=args.protect,
            skip_final_snapshot=not args.protect,
            # Pulumi names the subnet group anew each time it is made: so no two lives share a final snapshot.
            final_snapshot_identifier=pulumi.Output.concat(self._subnet_group.name, "-final"),
            apply_immediately=not args.protect,  # in production, changes wait for the maintenance window
            enabled_cloudwatch_logs_exports=["postgresql"],
            opts=self._data.merge(pulumi.ResourceOptions(depends_on=[self._create_log_group(identifier)])),
        )

    def _create_replica(self, number: int) -> aws.rds.Instance:
        """A replica takes credentials, subnet group, storage and encryption from its source."""
        args = self._args
        identifier = naming.physical(f"{self._name}-replica-{number}", IDENTIFIER_LIMIT)
        return aws.rds.Instance(
            f"{self._name}-replica-{number}",
            identifier=identifier,
            replicate_source_db=self.primary.identifier,
            instance_class=args.instance_class,
            max_allocated_storage=args.max_storage,
            storage_type="gp3",
            storage_encrypted=True,
            publicly_accessible=False,
            parameter_group_name=self._parameter_group.name,
            vpc_security_group_ids=[self.security_group.resource.id],
            backup_retention_period=0,
            deletion_protection=args.protect,
            skip_final_snapshot=True,  # RDS takes none of a replica
            apply_immediately=not args.protect,
            enabled_cloudwatch_logs_exports=["postgresql"],
            opts=self._data.merge(pulumi.ResourceOptions(depends_on=[self._create_log_group(identifier)])),
        )

    def _create_log_group(self, identifier: str) -> aws.cloudwatch.LogGroup:
        """RDS would make the group itself, and keep it for ever."""
        return aws.cloudwatch.LogGroup(
            f"{identifier}-log",
            name=f"/aws/rds/instance/{identifier}/postgresql",
            retention_in_days=self._args.log_retention_days,
            opts=self._child,
        )

    def _create_secret(self) -> aws.secretsmanager.Secret:
        secret = aws.secretsmanager.Secret(
            f"{self._name}-database",
            description=f"The database user of {self._name}",
            recovery_window_in_days=30 if self._args.protect else 0,
            opts=self._child,
        )
        value = {
            "engine": "postgres",
            "host": self.primary.address,
            "port": PORT,
            "username": self._args.username,
            "password": self._password.result,
            "dbname": self._args.database_name,
            "dbInstanceIdentifier": self.primary.identifier,
        }
        aws.secretsmanager.SecretVersion(
            f"{self._name}-database",
            secret_id=secret.id,
            secret_string=pulumi.Output.json_dumps(value),  # secret, because the password is
            opts=self._child,
        )
        return secret

    def _create_alarms(self) -> list[Alarm]:
        primary = {"DBInstanceIdentifier": self.primary.identifier}
        lagging = [
            Alarm(
                name=f"{self._name}-replica-{number}-lag",
                description=f"Replica {number} of {self._name} is more than 30 seconds behind the primary.",
                namespace="AWS/RDS",
                metric="ReplicaLag",
                dimensions={"DBInstanceIdentifier": replica.identifier},
                threshold=30,
            )
            for number, replica in enumerate(self.replicas, start=1)
        ]
        return [
            Alarm(
                name=f"{self._name}-database-busy",
                description=f"Database {self._name} is short of CPU: look for slow statements in its log.",
                namespace="AWS/RDS",
                metric="CPUUtilization",
                dimensions=primary,
                threshold=80,
                periods=15,
            ),
            Alarm(
                name=f"{self._name}-database-full",
                description=f"Database {self._name} has less than a tenth of its first storage free.",
                namespace="AWS/RDS",
                metric="FreeStorageSpace",
                dimensions=primary,
                comparison="LessThanThreshold",
                statistic="Minimum",
                threshold=self._args.storage * GIB / 10,
            ),
            *lagging,
        ]

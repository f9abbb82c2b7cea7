"""The relational database: PostgreSQL on RDS, with its own secret and its read replicas."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from infra.components import database_alarms, naming, policy
from infra.components.alarms import Alarm
from infra.components.database_instance import IDENTIFIER_LIMIT, PORT, InstanceArgs, Instances
from infra.components.policy import Role
from infra.components.security_group import Networked

PASSWORD_LENGTH = 32
PASSWORD_SYMBOLS = "!#$%&*()-_=+[]{}<>:?"  # noqa: S105 - RDS forbids / @ " and space; no password itself
FIRST_VERSION = "INITIAL"
"""Label of the secret's first version. Secrets Manager forgets versions without a label; Pulumi would then
make this one again, and with it the first password current."""


@dataclass(frozen=True, kw_only=True)
class DatabaseArgs(InstanceArgs):
    """
    Attributes:
        storage: GiB at first.
        database_name, username: what exists in it at first.
        replicas: how many read replicas.
        replica_class: RDS class of the replicas; None is that of the primary.
        replica_zones: availability zones that the replicas are spread over; none lets RDS choose.
        multi_az: keep a standby in a second zone.
        backup_retention_days: how far back one may restore, to the second.
        backup_window: such as `02:00-03:00`, UTC; None lets RDS choose.
        blue_green: make changes on a copy, then change over; not with replicas.
        allow_major_upgrades: let a higher `engine_version` upgrade the instance rather than be refused.
        deadlock_alarm: count deadlocks in the log, and raise an alarm.
        secret_regions: further regions that the secret is kept in, and follows each change to.
        rotated: a function changes password and user from time to time; Pulumi leaves both alone.

    With `protect`, a final snapshot is taken, and the secret can be restored.
    """

    storage: int
    database_name: str
    username: str
    replicas: int
    replica_class: str | None = None
    replica_zones: Sequence[pulumi.Input[str]] = ()
    multi_az: bool
    backup_retention_days: int
    backup_window: str | None = None
    blue_green: bool = False
    allow_major_upgrades: bool = False
    deadlock_alarm: bool = False
    secret_regions: Sequence[str] = ()
    rotated: bool = False


class Database(pulumi.ComponentResource):
    """PostgreSQL with its own secret: one that RDS manages would rule out read replicas.

    Resources: security group, subnet group, parameter group, password, primary and replicas with their log
    groups, secret with its value; with monitoring, its role; with the alarm of deadlocks, its filter.

    Attributes:
        name: what its resources are called after.
        security_group: nobody may connect until `allow_from`.
        writer: `host:port` of the primary.
        readers: `host:port` of each replica.
        secret_arn: JSON of the shape that RDS and its rotation functions use.
        kms_key_arn: the key of storage and secret; None is AWS's own.
        secret_value: the secret's first version, for what must wait until there is one.
        alarms: busy, full, short of memory, connections or credits; replicas that lag.
    """

    def __init__(self, name: str, args: DatabaseArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("blueprint:data:Database", name, None, opts)
        self.name = name
        self._args = args
        self.kms_key_arn = args.kms_key_arn
        self._child = pulumi.ResourceOptions(parent=self)
        self._instances = Instances(name, args, self)
        self.security_group = self._instances.security_group
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
        self.secret_value = self._create_secret_value()
        self.alarms = self._create_alarms()
        self.register_outputs({"writer": self.writer, "readers": self.readers})

    def allow_from(self, *clients: Networked) -> None:
        """Let `clients` connect."""
        for client in clients:
            self.security_group.allow_from(client, PORT)

    def secret_arn_in(self, region: str, account_id: pulumi.Input[str]) -> pulumi.Output[str]:
        """The ARN of the secret in one of `secret_regions`, without the six characters that end it.

        Secrets Manager takes it like this; whoever grants its use adds `-??????`.
        """
        return pulumi.Output.concat(
            f"arn:aws:secretsmanager:{region}:", account_id, ":secret:", self._secret.name
        )

    def grant_secret(self, role: Role) -> aws.iam.RolePolicy:
        """Let `role` read the user name and password."""
        statement = policy.allow(["secretsmanager:GetSecretValue"], [self.secret_arn])
        statements = [statement, *policy.decrypt(self.kms_key_arn)]
        return policy.grant(role, f"secret-{self.name}", statements, self)

    def grant_rotation(self, role: Role) -> aws.iam.RolePolicy:
        """Let `role` replace the user name and password step by step."""
        actions = (
            "secretsmanager:DescribeSecret",
            "secretsmanager:GetSecretValue",
            "secretsmanager:PutSecretValue",
            "secretsmanager:UpdateSecretVersionStage",
        )
        statements = [policy.allow(actions, [self.secret_arn]), *policy.encrypt(self.kms_key_arn)]
        return policy.grant(role, f"rotate-{self.name}", statements, self)

    def _create_primary(self) -> aws.rds.Instance:
        args = self._args
        return self._instances.create(
            self.name,
            pulumi.ResourceOptions(ignore_changes=["password"] if args.rotated else None),
            engine="postgres",
            engine_version=args.engine_version,
            allow_major_version_upgrade=args.allow_major_upgrades,
            allocated_storage=args.storage,
            db_name=args.database_name,
            username=args.username,
            password=self._password.result,
            port=PORT,
            multi_az=args.multi_az,
            db_subnet_group_name=self._instances.subnet_group.name,
            kms_key_id=args.kms_key_arn,
            backup_retention_period=args.backup_retention_days,
            backup_window=args.backup_window,
            blue_green_update={"enabled": True} if args.blue_green else None,
            delete_automated_backups=not args.protect,
            skip_final_snapshot=not args.protect,
            # Pulumi names the subnet group anew each time it is made: so no two lives share a final snapshot.
            final_snapshot_identifier=pulumi.Output.concat(self._instances.subnet_group.name, "-final"),
        )

    def _create_replica(self, number: int) -> aws.rds.Instance:
        """A replica takes credentials, subnet group, key and first storage from its source."""
        zones = self._args.replica_zones
        return self._instances.create(
            f"{self.name}-replica-{number}",
            # Another number of zones would shift the replicas, which means to make them anew.
            pulumi.ResourceOptions(ignore_changes=["availabilityZone"]),
            instance_class=self._args.replica_class or self._args.instance_class,
            replicate_source_db=self.primary.identifier,
            availability_zone=zones[number % len(zones)] if zones else None,
            backup_retention_period=0,
            skip_final_snapshot=True,  # RDS takes none of a replica
        )

    def _create_secret(self) -> aws.secretsmanager.Secret:
        return aws.secretsmanager.Secret(
            f"{self.name}-database",
            description=f"The database user of {self.name}",
            kms_key_id=self.kms_key_arn,
            recovery_window_in_days=30 if self._args.protect else 0,
            replicas=[{"region": region} for region in self._args.secret_regions] or None,
            opts=self._child,
        )

    def _create_secret_value(self) -> aws.secretsmanager.SecretVersion:
        value = {
            "engine": "postgres",
            "host": self.primary.address,
            "port": PORT,
            "username": self._args.username,
            "password": self._password.result,
            "dbname": self._args.database_name,
            "dbInstanceIdentifier": self.primary.identifier,
        }
        theirs = ["versionStages", *(["secretString"] if self._args.rotated else [])]
        return aws.secretsmanager.SecretVersion(
            f"{self.name}-database",
            secret_id=self._secret.id,
            secret_string=pulumi.Output.json_dumps(value),  # secret, because the password is
            version_stages=["AWSCURRENT", FIRST_VERSION],
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=theirs),
        )

    def _create_alarms(self) -> list[Alarm]:
        args = self._args
        return [
            *database_alarms.of_primary(
                self.name,
                self.primary.identifier,
                instance_class=args.instance_class,
                storage=args.storage,
                max_connections=args.max_connections,
            ),
            *database_alarms.of_replicas(self.name, [replica.identifier for replica in self.replicas]),
            *([self._watch_deadlocks()] if args.deadlock_alarm else []),
        ]

    def _watch_deadlocks(self) -> Alarm:
        identifier = naming.physical(self.name, IDENTIFIER_LIMIT)
        namespace, metric = naming.prefix(), f"{self.name}-deadlocks"
        aws.cloudwatch.LogMetricFilter(
            f"{self.name}-deadlocks",
            name=f"{identifier}-deadlocks",
            log_group_name=f"/aws/rds/instance/{identifier}/postgresql",
            pattern='"deadlock detected"',
            metric_transformation={"namespace": namespace, "name": metric, "value": "1"},
            # The log's group stands before the instance.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self.primary]),
        )
        return database_alarms.of_deadlocks(self.name, namespace, metric)

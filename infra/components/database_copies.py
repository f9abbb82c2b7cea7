"""What a database has in another region: copies of its backups, and a replica that answers there.

Both are made by the provider of that region, and encrypted with a key of that region: a key of the source's
region does not reach that far.
"""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.components import database_alarms
from infra.components.database_instance import PORT, InstanceArgs, Instances
from infra.components.security_group import Networked


@dataclass(frozen=True, kw_only=True)
class BackupCopyArgs:
    """
    Attributes:
        source_arn: of the primary.
        retention_days: how far back one may restore in the other region, 1 to 35.
        kms_key_arn: a key of the other region.
    """

    source_arn: pulumi.Input[str]
    retention_days: int
    kms_key_arn: pulumi.Input[str]


class BackupCopy(pulumi.ComponentResource):
    """Snapshots and logs of a primary, copied into another region as they arise: what one restores from when
    the region is gone.

    Resources: a replication of automated backups.
    """

    def __init__(self, name: str, args: BackupCopyArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("blueprint:data:BackupCopy", name, None, opts)
        aws.rds.InstanceAutomatedBackupsReplication(
            name,
            source_db_instance_arn=args.source_arn,
            retention_period=args.retention_days,
            kms_key_id=args.kms_key_arn,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})


@dataclass(frozen=True, kw_only=True)
class ReplicaDatabaseArgs(InstanceArgs):
    """
    Attributes:
        source_arn: of the primary, in its own region.
        multi_az: keep a standby in a second zone.

    `kms_key_arn` is a key of this region, and must be given: storage is encrypted.
    """

    source_arn: pulumi.Input[str]
    multi_az: bool


class ReplicaDatabase(pulumi.ComponentResource):
    """A read replica in another region than its primary, which can be promoted when that region is gone.

    It has the users and passwords of its primary, so no secret of its own.

    Resources: security group, subnet group, parameter group, instance with its log groups.

    Attributes:
        security_group: nobody may connect until `allow_from`.
        reader: `host:port`.
        alarms: lag.
    """

    def __init__(
        self, name: str, args: ReplicaDatabaseArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("blueprint:data:ReplicaDatabase", name, None, opts)
        if args.kms_key_arn is None:
            raise ValueError(f"{name}: a replica in another region needs a KMS key of that region.")
        instances = Instances(name, args, self)
        self.security_group = instances.security_group
        self.instance = instances.create(
            name,
            replicate_source_db=args.source_arn,
            kms_key_id=args.kms_key_arn,
            db_subnet_group_name=instances.subnet_group.name,
            multi_az=args.multi_az,
            backup_retention_period=0,
            skip_final_snapshot=True,  # RDS takes none of a replica
        )
        self.reader: pulumi.Output[str] = self.instance.endpoint
        self.alarms = database_alarms.of_replicas(name, [self.instance.identifier])
        self.register_outputs({"reader": self.reader})

    def allow_from(self, *clients: Networked) -> None:
        """Let `clients` connect."""
        for client in clients:
            self.security_group.allow_from(client, PORT)

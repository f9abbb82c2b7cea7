"""The data lake: what has happened, in files that can be asked by SQL."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import pulumi
import pulumi_aws as aws

from infra.components import naming, policy
from infra.components.bucket import Bucket, BucketArgs
from infra.components.policy import Role, Statement

DATABASE_NAME_LIMIT = 255
WORKGROUP_NAME_LIMIT = 128
GIGABYTE = 1_000_000_000
PARTITION = "dt"
"""The column that each table is partitioned by: the day, such as 2026-11-28."""
RESULT_DAYS = 30
"""How long the answers to queries are kept; they can be asked again."""

Format = Literal["parquet", "json"]


class Files(NamedTuple):
    """How Hive, and so Athena, reads and writes files of a format."""

    input_format: str
    output_format: str
    library: str


HIVE = "org.apache.hadoop.hive.ql.io"
FILES: Mapping[Format, Files] = {
    "parquet": Files(
        f"{HIVE}.parquet.MapredParquetInputFormat",
        f"{HIVE}.parquet.MapredParquetOutputFormat",
        f"{HIVE}.parquet.serde.ParquetHiveSerDe",
    ),
    "json": Files(
        "org.apache.hadoop.mapred.TextInputFormat",
        f"{HIVE}.HiveIgnoreKeyTextOutputFormat",
        "org.openx.data.jsonserde.JsonSerDe",
    ),
}


@dataclass(frozen=True, kw_only=True)
class LakeTable:
    """A table of events.

    Attributes:
        columns: the type (of Hive) of each column, by its name in the JSON that comes.
        since: the first day that there may be events of.
        format: of its files: Parquet is asked for a fraction of what compressed JSON costs.
    """

    columns: Mapping[str, str]
    since: str
    format: Format


@dataclass(frozen=True, kw_only=True)
class DataLakeArgs:
    """
    Attributes:
        account_id: makes the bucket's name unique.
        region: where it stands.
        kms_key_arn: the key that encrypts events and answers; None is S3's own.
        protect: refuse to be deleted with data inside.
        tables: by name.
        query_limit: gigabytes that a query may read before it is stopped; a thousand cost about 5 USD.
        infrequent_after_days: when events move to infrequent access, 30 at the earliest; None never.
        glacier_after_days: when they move to Glacier, instant retrieval; None never.
        expire_after_days: when they are deleted; None never.
    """

    account_id: pulumi.Input[str]
    region: str
    kms_key_arn: pulumi.Input[str] | None = None
    protect: bool
    tables: Mapping[str, LakeTable]
    query_limit: int
    infrequent_after_days: int | None = None
    glacier_after_days: int | None = None
    expire_after_days: int | None = None


class DataLake(pulumi.ComponentResource):
    """A bucket of events, what tables they make, and a workgroup that may ask them.

    Below `tables/<name>/dt=<day>/` lies what is delivered, below `errors/` what could not be, below
    `queries/` what was answered, below `derived/` what jobs made of it. Partitions need no registering:
    Athena computes which there are.

    Resources: bucket, Glue database and tables, Athena workgroup.

    Attributes:
        bucket: where the files are.
        database, workgroup: names, to ask for.
        tables: as they were given.
        account_id, region: whose, and where.
    """

    def __init__(self, name: str, args: DataLakeArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("blueprint:analytics:DataLake", name, None, opts)
        self._child = pulumi.ResourceOptions(parent=self)
        self._name = name
        self.tables = args.tables
        self.account_id = args.account_id
        self.region = args.region
        self.bucket = self._create_bucket(args)
        self._database = self._create_database()
        self.database = self._database.name
        for table_name, table in args.tables.items():
            self._create_table(table_name, table)
        self._workgroup = self._create_workgroup(args)
        self.workgroup = self._workgroup.name
        self.register_outputs({"database": self.database, "workgroup": self.workgroup})

    def prefix(self, table: str) -> str:
        """What the keys of a table's files begin with."""
        return f"tables/{table}/"

    def grant_deliver(self, role: Role, table: str) -> aws.iam.RolePolicy:
        """Let `role`, which Firehose takes on, put files of `table` there, by the table's columns."""
        where = [self._objects(self.prefix(table)), self._objects(f"errors/{table}/")]
        bucket = ("s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads")
        statements = [
            policy.allow(bucket, [self.bucket.arn]),
            policy.allow(["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"], where),
            self._catalogue(("glue:GetTable", "glue:GetTableVersion", "glue:GetTableVersions"), table),
            *policy.encrypt(self.bucket.kms_key_arn),
        ]
        return policy.grant(role, f"deliver-{self._name}-{table}", statements, self)

    def grant_query(self, role: Role) -> aws.iam.RolePolicy:
        """Let `role` ask the tables, within the workgroup's limit, and read the answers."""
        ask = (
            "athena:GetQueryExecution",
            "athena:GetQueryResults",
            "athena:GetWorkGroup",
            "athena:StartQueryExecution",
            "athena:StopQueryExecution",
        )
        statements = [
            policy.allow(ask, [self._workgroup.arn]),
            *self._read(),
            policy.allow(
                ["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"], [self._objects("queries/")]
            ),
            *policy.encrypt(self.bucket.kms_key_arn),
        ]
        return policy.grant(role, f"query-{self._name}", statements, self)

    def grant_process(self, role: Role) -> aws.iam.RolePolicy:
        """Let `role`, of jobs, read the tables and write what it makes of them, and its log."""
        made = [self._objects("derived/"), self._objects("spark/")]
        statements = [
            *self._read(),
            policy.allow(
                ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:PutObject"], made
            ),
            *policy.encrypt(self.bucket.kms_key_arn),
        ]
        return policy.grant(role, f"process-{self._name}", statements, self)

    def _read(self) -> Sequence[Statement]:
        catalogue = ("glue:GetDatabase", "glue:GetPartitions", "glue:GetTable", "glue:GetTables")
        return [
            self._catalogue(catalogue, "*"),
            policy.allow(["s3:GetBucketLocation", "s3:ListBucket"], [self.bucket.arn]),
            policy.allow(["s3:GetObject"], [self._objects("tables/")]),
        ]

    def _objects(self, prefix: str) -> pulumi.Output[str]:
        return pulumi.Output.concat(self.bucket.arn, f"/{prefix}*")

    def _catalogue(self, actions: Sequence[str], table: str) -> Statement:
        """Glue asks for the catalogue and the database beside the table."""
        place = pulumi.Output.concat(f"arn:aws:glue:{self.region}:", self.account_id)
        return policy.allow(
            actions,
            [
                pulumi.Output.concat(place, ":catalog"),
                pulumi.Output.concat(place, ":database/", self.database),
                pulumi.Output.concat(place, ":table/", self.database, f"/{table}"),
            ],
        )

    def _create_bucket(self, args: DataLakeArgs) -> Bucket:
        bucket = BucketArgs(
            account_id=args.account_id,
            kms_key_arn=args.kms_key_arn,
            protect=args.protect,
            lifecycle=[
                *_ageing(args),
                _rule("answers", "queries/", expire_after_days=RESULT_DAYS),
            ],
        )
        return Bucket(self._name, bucket, self._child)

    def _create_database(self) -> aws.glue.CatalogDatabase:
        # Underscores: SQL would want a name with hyphens quoted, each time.
        physical = naming.physical(self._name, DATABASE_NAME_LIMIT).replace("-", "_")
        return aws.glue.CatalogDatabase(
            f"{self._name}-database", name=physical, description="Events of the shop", opts=self._child
        )

    def _create_table(self, name: str, table: LakeTable) -> None:
        location = pulumi.Output.concat("s3://", self.bucket.name, "/", self.prefix(name))
        files = FILES[table.format]
        aws.glue.CatalogTable(
            f"{self._name}-{name}",
            name=name,
            database_name=self.database,
            table_type="EXTERNAL_TABLE",
            parameters={
                "EXTERNAL": "TRUE",
                "classification": table.format,
                "projection.enabled": "true",
                f"projection.{PARTITION}.type": "date",
                f"projection.{PARTITION}.format": "yyyy-MM-dd",
                f"projection.{PARTITION}.range": f"{table.since},NOW",
                f"projection.{PARTITION}.interval": "1",
                f"projection.{PARTITION}.interval.unit": "DAYS",
                "storage.location.template": pulumi.Output.concat(location, f"{PARTITION}=${{{PARTITION}}}/"),
            },
            partition_keys=[{"name": PARTITION, "type": "string"}],
            storage_descriptor={
                "location": location,
                "columns": [{"name": column, "type": kind} for column, kind in table.columns.items()],
                "input_format": files.input_format,
                "output_format": files.output_format,
                "ser_de_info": {"serialization_library": files.library},
            },
            opts=self._child,
        )

    def _create_workgroup(self, args: DataLakeArgs) -> aws.athena.Workgroup:
        return aws.athena.Workgroup(
            f"{self._name}-workgroup",
            name=naming.physical(self._name, WORKGROUP_NAME_LIMIT),
            force_destroy=not args.protect,  # it remembers queries, and would not go with them
            configuration={
                "bytes_scanned_cutoff_per_query": args.query_limit * GIGABYTE,
                "enforce_workgroup_configuration": True,  # or a client could choose its own results' place
                "publish_cloudwatch_metrics_enabled": True,
                "result_configuration": {
                    "output_location": pulumi.Output.concat("s3://", self.bucket.name, "/queries/"),
                    "encryption_configuration": _encryption(args.kms_key_arn),
                    "expected_bucket_owner": args.account_id,
                },
            },
            opts=self._child,
        )


def _encryption(
    key_arn: pulumi.Input[str] | None,
) -> aws.athena.WorkgroupConfigurationResultConfigurationEncryptionConfigurationArgsDict:
    """How Athena encrypts what it answers."""
    if key_arn is None:
        return {"encryption_option": "SSE_S3"}
    return {"encryption_option": "SSE_KMS", "kms_key_arn": key_arn}


def _ageing(args: DataLakeArgs) -> list[aws.s3.BucketLifecycleConfigurationRuleArgsDict]:
    """The lifecycle rule of events, where they have one."""
    moves = {"STANDARD_IA": args.infrequent_after_days, "GLACIER_IR": args.glacier_after_days}
    moves = {kind: days for kind, days in moves.items() if days is not None}
    if not moves and args.expire_after_days is None:
        return []
    return [_rule("events", "tables/", moves, args.expire_after_days)]


def _rule(
    name: str,
    prefix: str,
    moves: Mapping[str, int | None] | None = None,
    expire_after_days: int | None = None,
) -> aws.s3.BucketLifecycleConfigurationRuleArgsDict:
    rule: aws.s3.BucketLifecycleConfigurationRuleArgsDict = {
        "id": name,
        "status": "Enabled",
        "filter": {"prefix": prefix},
    }
    if moves:
        rule["transitions"] = [{"storage_class": kind, "days": days} for kind, days in moves.items()]
    if expire_after_days is not None:
        rule["expiration"] = {"days": expire_after_days}
    return rule

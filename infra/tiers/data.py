"""What remembers: database, cache, tables, buckets."""

from collections.abc import Mapping

import pulumi

from infra.components.artifacts import Artifacts, ArtifactsArgs
from infra.components.bucket import Bucket, BucketArgs
from infra.components.cache import Cache, CacheArgs
from infra.components.database import Database, DatabaseArgs
from infra.components.tables import Table, Tables, TablesArgs
from infra.manifest import Manifest
from infra.tiers.region import Region

SHOP = "shop"

Environment = Mapping[str, pulumi.Input[str]]


class Data:
    """The data tier of a region.

    Attributes:
        region: where it stands.
        database, cache, tables: what the shop reads and writes.
        artifacts: what is deployed.
        site: the storefront's files; the edge grants its distribution to read them.
    """

    def __init__(self, region: Region, manifest: Manifest) -> None:
        self.region = region
        self._settings = region.settings
        self.database = region.registry.add("data", self._database())
        self.cache = region.registry.add("data", self._cache())
        self.tables = self._tables()
        self.artifacts = self._artifacts(manifest)
        self.site = Bucket(region.named("site"), self._bucket_args(served_by_cdn=True), region.opts)

    @property
    def database_environment(self) -> Environment:
        """How a program reaches the primary."""
        return {
            "DATABASE_WRITER": self.database.writer,
            "DATABASE_NAME": SHOP,
            "DATABASE_SECRET_ARN": self.database.secret_arn,
            "DATABASE_SSLMODE": "require" if self._settings.database.force_ssl else "prefer",
        }

    @property
    def environment(self) -> Environment:
        """How a program reaches everything in this tier that answers requests."""
        readers = self.database.readers
        return {
            **self.database_environment,
            **({"DATABASE_READERS": pulumi.Output.all(*readers).apply(",".join)} if readers else {}),
            "CACHE_URL": self.cache.url,
        }

    @property
    def backed_up(self) -> list[pulumi.Output[str]]:
        """What must not be lost: the ARNs of databases and tables."""
        return [self.database.primary.arn, *self.tables.arns]

    def _database(self) -> Database:
        settings, network = self._settings.database, self.region.network
        args = DatabaseArgs(
            vpc_id=network.vpc_id,
            subnet_ids=network.isolated_subnet_ids,
            engine_version=str(settings.engine_version),
            instance_class=settings.instance_class,
            storage=settings.storage,
            max_storage=settings.max_storage,
            database_name=SHOP,
            username=SHOP,
            replicas=settings.replicas,
            multi_az=settings.multi_az,
            backup_retention_days=settings.backup_retention_days,
            force_ssl=settings.force_ssl,
            log_retention_days=self._settings.log_retention_days,
            protect=self._settings.protect,
        )
        return Database(self.region.named(SHOP), args, self.region.opts)

    def _cache(self) -> Cache:
        settings, network = self._settings.cache, self.region.network
        args = CacheArgs(
            vpc_id=network.vpc_id,
            subnet_ids=network.isolated_subnet_ids,
            engine_version=settings.engine_version,
            node_type=settings.node_type,
            nodes=settings.nodes,
            automatic_failover=settings.automatic_failover,
            transit_encryption=settings.transit_encryption,
            protect=self._settings.protect,
        )
        return Cache(self.region.named(SHOP), args, self.region.opts)

    def _tables(self) -> Tables:
        # Key and expiry are those that Powertools' idempotency uses unless told otherwise.
        tables = {"idempotency": Table(key="id", expires="expiration")}
        args = TablesArgs(tables=tables, protect=self._settings.protect)
        return Tables(self.region.named("tables"), args, self.region.opts)

    def _artifacts(self, manifest: Manifest) -> Artifacts:
        args = ArtifactsArgs(
            manifest=manifest, account_id=self.region.account_id, protect=self._settings.protect
        )
        return Artifacts(self.region.named("artifacts"), args, self.region.opts)

    def _bucket_args(self, *, served_by_cdn: bool) -> BucketArgs:
        return BucketArgs(
            account_id=self.region.account_id, protect=self._settings.protect, served_by_cdn=served_by_cdn
        )

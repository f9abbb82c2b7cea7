"""What remembers: database, cache, tables, buckets."""

from collections.abc import Mapping, Sequence

import pulumi

from infra.components.artifacts import Artifacts, ArtifactsArgs
from infra.components.bucket import Bucket, BucketArgs
from infra.components.cache import Cache, CacheArgs
from infra.components.cache_users import CacheUsersArgs
from infra.components.function import Function, FunctionArgs
from infra.components.media_keys import MediaKey, MediaKeys, MediaKeysArgs
from infra.components.provider_secret import ProviderSecret, ProviderSecretArgs, Readable
from infra.components.rotation import Rotation, RotationArgs
from infra.components.sharded_database import ShardedDatabase
from infra.components.table_access import Access
from infra.components.tables import Index, Replica, Table, Tables, TablesArgs, TablesIn
from infra.manifest import Manifest
from infra.tiers import database, media
from infra.tiers.database import AnyDatabase
from infra.tiers.media import LifecycleRule
from infra.tiers.region import Region

SHOP = "shop"
CARTS, REVIEWS, CHAT = "carts", "reviews", "chat"
IDEMPOTENCY, LEASES = "idempotency", "leases"
DEAD_LETTERS, SALES = "dead-letters", "sales"

Environment = Mapping[str, pulumi.Input[str]]


class RegionalData:
    """What every region's data tier has, and what a program there is told of it.

    Attributes:
        region: where it stands.
        database, cache: what the shop reads and writes.
        carts: what customers are about to buy.
        reviews: what they say of products.
        chat: what they and the staff say to each other.
        payments: what the payment provider signs its messages with.
        leases: who may do what only one at a time does; None where nothing of the kind is done.
        routes: what must stand before the database is reached, where that is in another region.
        artifacts: what is deployed.
        site: the storefront's files, where operators put pictures; None where the region has none.
        media: what people upload, and what is made of it; likewise.
        media_keys: who may sign what is private; None is nobody.
    """

    leases: Access | None = None
    routes: Sequence[pulumi.Resource] = ()
    site: Bucket | None = None
    media: Bucket | None = None
    media_keys: MediaKeys | None = None

    def __init__(
        self,
        region: Region,
        manifest: Manifest,
        database: AnyDatabase,
        shared: Tables | TablesIn,
        payments: Readable,
    ) -> None:
        """
        Args:
            region, manifest: where it stands, and what is deployed.
            database, shared, payments: the database, and the tables and the secret that several regions may
                have, as they are here.
        """
        self.region = region
        self._settings = region.settings
        self.database = region.registry.add("data", database)
        self.cache = region.registry.add("data", self._cache())
        region.registry.add("data", shared)
        self.carts, self.reviews, self.chat = shared[CARTS], shared[REVIEWS], shared[CHAT]
        self.payments = payments
        self.artifacts = self._artifacts(manifest)

    @property
    def database_environment(self) -> Environment:
        """How a program reaches the primary."""
        # A proxy refuses limits that a client asks for when it connects.
        via_proxy = {"DATABASE_VIA_PROXY": "true"} if self._settings.database.proxy.enabled else {}
        return {
            **via_proxy,
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
            **self.database.environment,
            **self.cache.environment,
            "CARTS_TABLE": self.carts.name,
            "REVIEWS_TABLE": self.reviews.name,
            "CHAT_TABLE": self.chat.name,
            "PAYMENTS_SECRET_ARN": self.payments.arn,
            **({"MEDIA_BUCKET": self.media.name} if self.media else {}),
            **self._media_environment,
        }

    @property
    def _media_environment(self) -> Environment:
        if self.media_keys is None:
            return {}
        keys = self.media_keys
        return {"MEDIA_KEY_ID": keys.signing_id, "MEDIA_KEY_SECRET_ARN": keys.secret.arn}

    def _cache(self) -> Cache:
        settings, network = self._settings.cache, self.region.network
        args = CacheArgs(
            vpc_id=network.vpc_id,
            subnet_ids=network.isolated_subnet_ids,
            engine_version=settings.engine_version,
            node_type=settings.node_type,
            nodes=settings.nodes,
            shards=settings.shards,
            automatic_failover=settings.automatic_failover,
            transit_encryption=settings.transit_encryption,
            users=self._cache_users_args() if settings.authentication else None,
            eviction=settings.eviction,
            parameters=settings.parameters,
            snapshot_retention_days=settings.snapshot_retention_days,
            snapshot_window=settings.snapshot_window,
            maintenance_window=settings.maintenance_window,
            auto_minor_upgrades=settings.auto_minor_upgrades,
            log_exports=settings.log_exports,
            log_retention_days=self._settings.log_retention_days,
            kms_key_arn=self.region.key_arn,
            protect=self._settings.protect,
        )
        return Cache(self.region.named(SHOP), args, self.region.opts)

    def _cache_users_args(self) -> CacheUsersArgs:
        return CacheUsersArgs(
            password_version=self._settings.cache.password_version,
            kms_key_arn=self.region.key_arn,
            protect=self._settings.protect,
        )

    def _artifacts(self, manifest: Manifest) -> Artifacts:
        args = ArtifactsArgs(
            manifest=manifest,
            account_id=self.region.account_id,
            kms_key_arn=self.region.key_arn,
            protect=self._settings.protect,
        )
        return Artifacts(self.region.named("artifacts"), args, self.region.opts)


class Data(RegionalData):
    """The data tier of the first region, which holds what is written.

    Attributes:
        database: the primaries.
        shared, payments_secret: tables, and a secret, that other regions may have, too.
        tables: tables that no other region has.
        idempotency: what functions have done already.
        dead_letters: what is known of messages that nobody could process.
        sales: what was sold, by product and window of time.
        site: the storefront's files; the edge grants its distribution to read them.
        media: what people upload, and what is made of it; likewise.
        media_keys: who may sign what is private; None is nobody.
    """

    database: ShardedDatabase
    site: Bucket
    media: Bucket

    def __init__(self, region: Region, manifest: Manifest, replicas: Sequence[Replica] = ()) -> None:
        """
        Args:
            region, manifest: where it stands, and what is deployed.
            replicas: other regions that have the shared tables.
        """
        self.shared = _shared_tables(region, replicas)
        self.payments_secret = self._payments_secret(region)
        payments = self.payments_secret.here
        super().__init__(region, manifest, database.primaries(region), self.shared, payments)
        self.tables = region.registry.add("data", self._tables())
        self.idempotency = self.tables[region.named(IDEMPOTENCY)]
        self.leases = self.tables[region.named(LEASES)]
        self.dead_letters = self.tables[region.named(DEAD_LETTERS)]
        self.sales = self.tables[region.named(SALES)]
        # By S3's own key: what everybody may read needs no other, for which CloudFront would have to ask.
        self.site = Bucket(region.named("site"), self._bucket_args(), region.opts)
        self.media = Bucket(region.named("media"), self._bucket_args(media.LIFECYCLE), region.opts)
        if self._settings.cdn.media_keys:
            keys = [MediaKey(**key.model_dump()) for key in self._settings.cdn.media_keys]
            self.media_keys = MediaKeys(region.named("media"), MediaKeysArgs(keys=keys), region.opts)
        if self._settings.database.rotation_days:
            self._rotate(manifest.python)

    @property
    def backed_up(self) -> list[pulumi.Output[str]]:
        """What must not be lost: the ARNs of databases and tables."""
        databases = [shard.database.primary.arn for shard in self.database.shards]
        return [*databases, *self.shared.arns, *self.tables.arns]

    @staticmethod
    def _payments_secret(region: Region) -> ProviderSecret:
        second = region.settings.second_region
        args = ProviderSecretArgs(
            provider="payments",
            regions=[second.code] if second.code and second.serves else [],
            kms_key_arn=region.key_arn,
            protect=region.settings.protect,
        )
        return ProviderSecret(region.named("payments"), args, region.opts)

    def _rotate(self, python: str) -> None:
        """Have a function change user and password of every shard from time to time."""
        function = self.region.registry.add("data", self._rotation_function(python))
        args = RotationArgs(
            function=function,
            days=self._settings.database.rotation_days,
            account_id=self.region.account_id,
        )
        rotation = Rotation(self.region.named("rotation"), args, self.region.opts)
        for shard in self.database.shards:
            rotation.rotate(shard.database)

    def _rotation_function(self, python: str) -> Function:
        network = self.region.network
        args = FunctionArgs(
            artifact=self.artifacts["secret_rotation"],
            python=python,
            architecture=self._settings.architecture,
            memory=256,
            timeout=60,
            environment={
                "LOG_LEVEL": self._settings.log_level,
                "DATABASE_SSLMODE": self.database_environment["DATABASE_SSLMODE"],
            },
            vpc_id=network.vpc_id,
            subnet_ids=network.private_subnet_ids,
            last_security_group_id=network.default_security_group_id,
            log_retention_days=self._settings.log_retention_days,
            kms_key_arn=self.region.key_arn,
            after=network.egress,
        )
        return Function(self.region.named("secret-rotation"), args, self.region.opts)

    def _tables(self) -> Tables:
        """Tables whose conditional writes decide something, which they only do within one region."""
        tables = {
            # Key and expiry are those that Powertools' idempotency uses unless told otherwise.
            IDEMPOTENCY: Table(key="id", expires="expiration"),
            # Nothing expires: a lease's fencing token must never start anew.
            LEASES: Table(key="lease_id"),
            DEAD_LETTERS: Table(key="queue", sort_key="message_id", expires="expires_at"),
            SALES: Table(key="product_id", sort_key="window", expires="expires_at"),
        }
        named = {self.region.named(key): table for key, table in tables.items()}
        return Tables(self.region.named("tables"), _table_args(self.region, named), self.region.opts)

    def _bucket_args(self, lifecycle: Sequence[LifecycleRule] = ()) -> BucketArgs:
        return BucketArgs(
            account_id=self.region.account_id,
            protect=self._settings.protect,
            served_by_cdn=True,
            lifecycle=lifecycle,
        )


def _shared_tables(region: Region, replicas: Sequence[Replica]) -> Tables:
    newest_first = "created_at"
    tables = {
        # Each region writes an item of its own: where two regions write one item, the later write wins,
        # and what the earlier one added is lost. Whoever reads a cart merges what all regions wrote.
        CARTS: Table(key="cart_id", sort_key="written_in", expires="expires_at"),
        # The keys allow one review an author and product: a second one is an update, or is refused.
        REVIEWS: Table(
            key="product_id",
            sort_key="author_id",
            indexes={
                "by-product": Index(key="product_id", sort_key=newest_first),
                "by-author": Index(key="author_id", sort_key=newest_first),
            },
        ),
        # Ids are made anew for each message: no two regions write the same.
        CHAT: Table(
            key="room",
            sort_key="id",
            expires="expires_at",
            indexes={"by-newest": Index(key="kind", sort_key="newest")},
        ),
    }
    return Tables("shared-tables", _table_args(region, tables, replicas), region.opts)


def _table_args(region: Region, tables: Mapping[str, Table], replicas: Sequence[Replica] = ()) -> TablesArgs:
    settings = region.settings.tables
    return TablesArgs(
        tables=tables,
        protect=region.settings.protect,
        kms_key_arn=region.key_arn,
        replicas=replicas,
        max_reads=settings.max_reads,
        max_writes=settings.max_writes,
    )

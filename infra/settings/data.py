"""What remembers: database, cache and tables."""

from typing import Annotated, Literal

from pydantic import Field

from infra.settings.section import Section

DAY = r"(mon|tue|wed|thu|fri|sat|sun)"
TIME = r"([01]\d|2[0-3]):[0-5]\d"

InstanceClass = Annotated[
    str, Field(pattern=r"^db\.[a-z0-9-]+\.[a-z0-9]+$", examples=["db.t4g.micro", "db.r7g.xlarge"])
]
ParameterName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$", examples=["timeout"])]
Percent = Annotated[int, Field(ge=1, le=100)]

SESSION_LIMITS = (
    "SET statement_timeout = '5s'; SET lock_timeout = '2s'; SET idle_in_transaction_session_timeout = '30s'"
)
"""What the shop asks for when it connects, and cannot ask a proxy."""


class Proxy(Section):
    """RDS Proxy, which lets many clients share few connections to the primary."""

    enabled: bool = Field(description="Put a proxy before the primary. Replicas are reached directly.")
    max_connections_percent: Percent = Field(
        90, description="Part of the database's connections that the proxy may open."
    )
    max_idle_connections_percent: int = Field(
        50, ge=0, le=100, description="Part of them that it keeps open while nobody needs them."
    )
    borrow_timeout: int = Field(
        3, ge=1, le=300, description="Seconds that a client waits for a connection; the shop waits three."
    )
    idle_client_timeout: int = Field(
        1800, ge=60, le=28_800, description="Seconds after which a silent client is cut off."
    )
    init_query: str = Field(
        SESSION_LIMITS,
        max_length=4096,
        description="Statements for each connection that the proxy opens. What a client sets by itself pins "
        "it to its connection.",
    )


class Database(Section):
    """The shop's PostgreSQL."""

    engine_version: int = Field(
        ge=14, le=18, description="PostgreSQL major version; RDS keeps the minor version current."
    )
    instance_class: InstanceClass = Field(description="RDS instance class.")
    storage: int = Field(ge=20, le=65_536, description="Storage at first, in GiB.")
    max_storage: int = Field(ge=22, le=65_536, description="Storage that RDS may grow to, in GiB.")
    iops: int | None = Field(
        None, ge=12_000, le=64_000, description="IOPS of the storage; unset is what its size brings along."
    )
    throughput: int | None = Field(
        None, ge=500, le=4_000, description="Throughput of the storage in MiB/s; unset as for iops."
    )
    replicas: int = Field(ge=0, le=15, description="Read replicas beside the primary.")
    replica_class: InstanceClass | None = Field(
        None, description="RDS instance class of the replicas; unset is that of the primary."
    )
    shards: int = Field(
        ge=1, le=16, description="Databases of this kind, each with its replicas; 1 is not sharded."
    )
    multi_az: bool = Field(description="Keep a standby in a second zone that takes over on failure.")
    backup_retention_days: int = Field(ge=0, le=35, description="Days that one may restore back to.")
    backup_window: str | None = Field(
        None,
        pattern=rf"^{TIME}-{TIME}$",
        examples=["02:00-03:00"],
        description="When the daily backup is taken, UTC; unset lets RDS choose.",
    )
    maintenance_window: str | None = Field(
        None,
        pattern=rf"^{DAY}:{TIME}-{DAY}:{TIME}$",
        examples=["sun:03:30-sun:04:30"],
        description="When RDS may install what needs a restart, UTC; unset lets RDS choose.",
    )
    force_ssl: bool = Field(description="Refuse connections without TLS.")
    proxy: Proxy
    rotation_days: int = Field(
        ge=0, le=365, description="Days between two rotations of user and password; 0 is never."
    )
    performance_insights_days: int = Field(
        ge=0, le=731, description="Days that Performance Insights remembers; 0 is off, 7 cost nothing."
    )
    monitoring_interval: Literal[0, 1, 5, 10, 15, 30, 60] = Field(
        description="Seconds between two samples of the operating system (enhanced monitoring); 0 is off."
    )
    deadlock_alarm: bool = Field(description="Count deadlocks in the log, and raise an alarm.")
    log_exports: tuple[Literal["postgresql", "upgrade"], ...] = Field(
        ("postgresql",), description="Which of its logs go to CloudWatch."
    )
    auto_explain: bool = Field(default=False, description="Have the plans of slow statements in the log.")
    logical_replication: bool = Field(
        default=False, description="Let changes be read as a stream of rows; blue/green updates need it."
    )
    max_connections: int | None = Field(
        None, ge=20, le=8_388_607, description="Connections it takes; unset is RDS's own, by its memory."
    )
    parameters: dict[str, str] = Field(
        {}, description="Parameters of PostgreSQL, beside and before those that the program sets."
    )
    ca_certificate: str | None = Field(
        None,
        pattern=r"^rds-ca-[a-z0-9-]+$",
        examples=["rds-ca-rsa2048-g1"],
        description="Authority of the server's certificate; unset is the account's default.",
    )
    auto_minor_upgrades: bool = Field(
        default=True, description="Let RDS install minor versions in the maintenance window."
    )
    allow_major_upgrades: bool = Field(
        default=False, description="Let a higher engine_version upgrade the database, rather than be refused."
    )
    blue_green: bool = Field(
        default=False, description="Make changes on a copy and change over to it; only without replicas."
    )


class Cache(Section):
    """The shop's cache, Valkey."""

    engine_version: str = Field(
        pattern=r"^([7-9]|\d\d)\.\d+$", examples=["8.0"], description="Valkey version, major and minor."
    )
    node_type: str = Field(
        pattern=r"^cache\.[a-z0-9-]+\.[a-z0-9]+$",
        examples=["cache.t4g.micro"],
        description="ElastiCache node type.",
    )
    nodes: int = Field(ge=1, le=6, description="The primary and its replicas, of each shard.")
    shards: int | None = Field(
        ge=1,
        le=90,
        description="Parts that the keys are spread over, which makes it a cluster (cluster mode); unset is "
        "one part and no cluster. Changing from one to the other replaces the cache by an empty one.",
    )
    automatic_failover: bool = Field(description="Promote a replica when the primary fails.")
    transit_encryption: bool = Field(description="Speak TLS with clients.")
    authentication: bool = Field(description="Ask clients for user and password.")
    password_version: int = Field(
        1,
        ge=1,
        le=10_000,
        description="Raise it by one for a new password; the one before it stays valid until the next time.",
    )
    eviction: Literal[
        "allkeys-lru",
        "allkeys-lfu",
        "allkeys-random",
        "volatile-lru",
        "volatile-lfu",
        "volatile-random",
        "volatile-ttl",
        "noeviction",
    ] = Field(
        "allkeys-lru", description="What makes room where memory is used up; noeviction refuses writes."
    )
    parameters: dict[ParameterName, str] = Field(
        {}, description="Parameters of Valkey, beside those that the program sets."
    )
    snapshot_retention_days: int = Field(
        ge=0, le=35, description="Days that daily snapshots are kept; 0 takes none."
    )
    snapshot_window: str | None = Field(
        None,
        pattern=rf"^{TIME}-{TIME}$",
        examples=["02:00-03:00"],
        description="When the daily snapshot is taken, UTC; unset lets ElastiCache choose.",
    )
    maintenance_window: str | None = Field(
        None,
        pattern=rf"^{DAY}:{TIME}-{DAY}:{TIME}$",
        examples=["sun:03:30-sun:04:30"],
        description="When ElastiCache may install what needs a failover, UTC; unset lets it choose.",
    )
    auto_minor_upgrades: bool = Field(
        default=True, description="Let ElastiCache install minor versions in the maintenance window."
    )
    log_exports: tuple[Literal["slow", "engine"], ...] = Field(
        ("slow", "engine"), description="Which of its logs go to CloudWatch."
    )


class Tables(Section):
    """The shop's tables in DynamoDB, paid by request."""

    replicated: bool = Field(
        description="Have carts, reviews and chat in the second region too, where they are written as well."
    )
    max_reads: int | None = Field(
        None,
        ge=1,
        le=1_000_000,
        description="Read units a second that a table takes at most, which bounds what a mistake costs; "
        "unset is the account's quota.",
    )
    max_writes: int | None = Field(
        None, ge=1, le=1_000_000, description="Write units a second that a table takes at most; likewise."
    )

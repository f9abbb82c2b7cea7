"""What remembers: database and cache."""

from pydantic import Field

from infra.settings.section import Section


class Database(Section):
    """The shop's PostgreSQL."""

    engine_version: int = Field(
        ge=14, le=18, description="PostgreSQL major version; RDS keeps the minor version current."
    )
    instance_class: str = Field(
        pattern=r"^db\.[a-z0-9-]+\.[a-z0-9]+$",
        examples=["db.t4g.micro"],
        description="RDS instance class.",
    )
    storage: int = Field(ge=20, le=65_536, description="Storage at first, in GiB.")
    max_storage: int = Field(ge=22, le=65_536, description="Storage that RDS may grow to, in GiB.")
    replicas: int = Field(ge=0, le=5, description="Read replicas beside the primary.")
    multi_az: bool = Field(description="Keep a standby in a second zone that takes over on failure.")
    backup_retention_days: int = Field(ge=0, le=35, description="Days that one may restore back to.")
    force_ssl: bool = Field(description="Refuse connections without TLS.")


class Cache(Section):
    """The shop's cache, Valkey."""

    engine_version: str = Field(
        pattern=r"^\d+\.\d+$", examples=["8.0"], description="Valkey version, major and minor."
    )
    node_type: str = Field(
        pattern=r"^cache\.[a-z0-9-]+\.[a-z0-9]+$",
        examples=["cache.t4g.micro"],
        description="ElastiCache node type.",
    )
    nodes: int = Field(ge=1, le=6, description="The primary and its replicas.")
    automatic_failover: bool = Field(description="Promote a replica when the primary fails.")
    transit_encryption: bool = Field(description="Speak TLS with clients.")

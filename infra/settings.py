"""Every setting of a stack, typed and checked before any resource exists.

A stack's settings stand in `Pulumi.<stack>.yaml` below the project's name. `Settings.load` reads them where
Pulumi runs the program; `Settings.parse` reads a plain dictionary and needs no Pulumi. Both raise one
`SettingsError` that names every problem at once: first what a field forbids by itself (here), and once the
fields are sound, what they forbid each other (`infra/rules.py`).
"""

import json
from collections.abc import Mapping
from ipaddress import IPv4Network
from typing import Annotated, Literal, Self

import pulumi
from pulumi.runtime import config as pulumi_config
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from infra import rules
from infra.errors import SettingsError
from infra.reference import problem_of

Memory = Annotated[
    int, Field(ge=128, le=10_240, description="Memory in MB; the share of a CPU grows with it.")
]
Email = Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", examples=["shop@example.com"])]

NAME = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"
"""Project and stack begin every physical name: RDS, for one, forbids two hyphens in a row."""


class Section(BaseModel):
    """A group of settings: unchangeable once read, and a name that it does not know is an error."""

    # Numbers as text: YAML reads an unquoted `8.0` as a number.
    model_config = ConfigDict(frozen=True, extra="forbid", coerce_numbers_to_str=True)


class Network(Section):
    """The private network and its way out."""

    cidr: IPv4Network = Field(
        IPv4Network("10.20.0.0/16"), description="Addresses of the VPC; choose one that no peer uses."
    )
    zones: int = Field(2, ge=2, le=3, description="Availability zones that the stack is spread over.")
    nat: Literal["none", "single", "per_zone"] = Field(
        "single", description="NAT gateways for the private subnets; each costs about 32 USD a month."
    )
    interface_endpoints: tuple[str, ...] = Field(
        (),
        description="AWS services reached by a private endpoint; each costs about 7 USD a month and zone.",
        examples=["secretsmanager"],
    )


class Fleet(Section):
    """The shop's instances."""

    instance_type: str = Field(
        "t4g.small",
        pattern=r"^[a-z][a-z0-9-]*\.[a-z0-9-]+$",
        examples=["t4g.small"],
        description="EC2 instance type, of the stack's architecture.",
    )
    ami: str | None = Field(
        None,
        pattern=r"^ami-[0-9a-f]{8,17}$",
        examples=["ami-0123456789abcdef0"],
        description="Amazon Linux 2023 image; unset takes the newest at every `pulumi up`.",
    )
    min_size: int = Field(1, ge=1, le=100, description="Instances at the least.")
    max_size: int = Field(2, ge=1, le=100, description="Instances at the most.")
    volume_size: int = Field(10, ge=8, le=1_000, description="Root volume in GiB.")
    cpu_target: int = Field(60, ge=10, le=90, description="Average CPU in percent that scaling aims at.")
    health_check_grace: int = Field(
        300,
        ge=60,
        le=3_600,
        description="Seconds that a new instance may take before a failed check ends it.",
    )


class Database(Section):
    """The shop's PostgreSQL."""

    engine_version: int = Field(
        18, ge=14, le=18, description="PostgreSQL major version; RDS keeps the minor version current."
    )
    instance_class: str = Field(
        "db.t4g.micro",
        pattern=r"^db\.[a-z0-9-]+\.[a-z0-9]+$",
        examples=["db.t4g.micro"],
        description="RDS instance class.",
    )
    storage: int = Field(20, ge=20, le=65_536, description="Storage at first, in GiB.")
    max_storage: int = Field(100, ge=22, le=65_536, description="Storage that RDS may grow to, in GiB.")
    replicas: int = Field(0, ge=0, le=5, description="Read replicas beside the primary.")
    multi_az: bool = Field(
        default=False, description="Keep a standby in a second zone that takes over on failure."
    )
    backup_retention_days: int = Field(7, ge=0, le=35, description="Days that one may restore back to.")
    force_ssl: bool = Field(default=True, description="Refuse connections without TLS.")


class Cache(Section):
    """The shop's cache, Valkey."""

    engine_version: str = Field(
        "8.0", pattern=r"^\d+\.\d+$", examples=["8.0"], description="Valkey version, major and minor."
    )
    node_type: str = Field(
        "cache.t4g.micro",
        pattern=r"^cache\.[a-z0-9-]+\.[a-z0-9]+$",
        examples=["cache.t4g.micro"],
        description="ElastiCache node type.",
    )
    nodes: int = Field(2, ge=1, le=6, description="The primary and its replicas.")
    automatic_failover: bool = Field(default=True, description="Promote a replica when the primary fails.")
    transit_encryption: bool = Field(default=True, description="Speak TLS with clients.")


class Orders(Section):
    """The queue of placed orders."""

    visibility_timeout: int = Field(
        180, ge=1, le=43_200, description="Seconds that a received message stays hidden from others."
    )
    max_receives: int = Field(5, ge=1, le=1_000, description="Receives before a message is a dead letter.")
    retention_days: int = Field(4, ge=1, le=14, description="Days that an unread message is kept.")


class Stream(Section):
    """The stream of courier positions."""

    shards: int | None = Field(
        None, ge=1, le=200, description="Shards, 1 MB/s in each; unset is on-demand capacity."
    )
    retention_hours: int = Field(24, ge=24, le=8_760, description="Hours that a record can be read.")


class OrderNotifications(Section):
    """The function that mails the customer."""

    memory: Memory = 256
    timeout: int = Field(30, ge=1, le=900, description="Seconds for one batch.")
    batch_size: int = Field(10, ge=1, le=10_000, description="Messages a call at the most.")
    batch_window: int = Field(0, ge=0, le=300, description="Seconds to wait for a fuller batch.")


class PositionWriter(Section):
    """The function that writes courier positions."""

    memory: Memory = 256
    timeout: int = Field(30, ge=1, le=900, description="Seconds for one batch.")
    batch_size: int = Field(500, ge=1, le=10_000, description="Records a call at the most.")
    batch_window: int = Field(1, ge=0, le=300, description="Seconds to wait for a fuller batch.")
    parallelisation: int = Field(1, ge=1, le=10, description="Batches of one shard at work at once.")
    max_retries: int = Field(
        5, ge=0, le=10_000, description="Retries of a failed batch before it is set aside."
    )
    max_age: int = Field(3_600, ge=60, le=604_800, description="Seconds after which a record is set aside.")


class Api(Section):
    """The shop as a function behind API Gateway."""

    memory: Memory = 512
    timeout: int = Field(29, ge=1, le=29, description="Seconds a request; API Gateway gives up after 30.")
    rate: int = Field(50, ge=1, le=10_000, description="Requests a second, sustained.")
    burst: int = Field(100, ge=1, le=5_000, description="Requests at once, for a moment.")


class Functions(Section):
    """The Lambda functions."""

    order_notifications: OrderNotifications = OrderNotifications()
    position_writer: PositionWriter = PositionWriter()
    api: Api = Api()


class Settings(Section):
    """A whole stack."""

    project: str = Field(
        pattern=NAME, max_length=40, examples=["blueprint"], description="The Pulumi project's name."
    )
    stack: str = Field(pattern=NAME, max_length=20, examples=["dev"], description="The stack's name.")
    region: str = Field(
        pattern=r"^(af|ap|ca|eu|il|me|mx|sa|us)-[a-z]+-\d$",
        examples=["eu-central-1"],
        description="AWS region, of the commercial partition.",
    )
    stage: Literal["dev", "staging", "prod"] = Field(
        description="prod refuses to be destroyed and insists on redundancy; the others go at the first try."
    )
    emulator: bool = Field(
        default=False, description="The endpoint is not AWS but something that answers like it."
    )
    architecture: Literal["arm64", "x86_64"] = Field("arm64", description="CPU of instances and functions.")
    artifacts: Literal["arm64", "x86_64", "local"] | None = Field(
        None, description="Folder below dist/ that holds what is deployed; unset is the architecture's."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="Least level logged.")
    log_retention_days: Literal[1, 3, 7, 14, 30, 90, 180, 365] = Field(
        14, description="Days that logs are kept."
    )
    alarm_email: Email | None = Field(None, description="Who hears of alarms; must confirm a subscription.")
    email_sender: Email = Field(
        "shop@example.com", description="Sender of mail to customers, verified in SES."
    )
    tags: dict[str, str] = Field(
        {}, description="Tags on every resource, beside those that the program sets."
    )
    network: Network = Network()
    fleet: Fleet = Fleet()
    database: Database = Database()
    cache: Cache = Cache()
    orders: Orders = Orders()
    stream: Stream = Stream()
    functions: Functions = Functions()

    @property
    def source(self) -> str:
        """The file that the settings stand in."""
        return f"Pulumi.{self.stack}.yaml"

    @property
    def protect(self) -> bool:
        """Whether data must outlive a `destroy`."""
        return self.stage == "prod"

    @property
    def platform(self) -> str:
        """The folder below dist/ that holds the artifacts to deploy."""
        return self.artifacts or self.architecture

    @classmethod
    def parse(cls, config: Mapping[str, object], *, project: str, stack: str, region: str | None) -> Self:
        """The settings in `config`, a stack's config without the project's prefix.

        Raises:
            SettingsError: something in it cannot work; every such thing is named.
        """
        source = f"Pulumi.{stack}.yaml"
        values = {**config, "project": project, "stack": stack, "region": region}
        try:
            settings = cls.model_validate(values)
        except ValidationError as error:
            problems = [problem_of(cls, detail) for detail in error.errors(include_url=False)]
            raise SettingsError(source, problems, project) from None
        if problems := rules.problems(settings):
            raise SettingsError(source, problems, project)
        return settings

    @classmethod
    def load(cls) -> Self:
        """The settings of the stack that Pulumi is running.

        Raises:
            SettingsError: as in `parse`.
        """
        project = pulumi.get_project()
        # pulumi.Config reads a key that one knows; refusing one that nobody knows takes the whole list.
        config = {**pulumi_config.get_config_env(), **pulumi_config.CONFIG.get()}
        prefix = f"{project}:"
        own = {
            key.removeprefix(prefix): _decoded(value)
            for key, value in config.items()
            if key.startswith(prefix)
        }
        return cls.parse(own, project=project, stack=pulumi.get_stack(), region=config.get("aws:region"))


def _decoded(value: object) -> object:
    """Pulumi hands structured values over as JSON text, and plain ones as they are."""
    return json.loads(value) if isinstance(value, str) and value[:1] in ("{", "[") else value

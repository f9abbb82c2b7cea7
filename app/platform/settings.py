"""What the shop is told by its environment, and by nothing else.

On an instance the variables come from Parameter Store, on Lambda from the function's configuration. Passwords
are never among them: they are read from Secrets Manager by the ARN that is.
"""

import os
from collections.abc import Mapping
from typing import Annotated, Literal, NamedTuple, Self

import limits
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
)


class SettingsError(Exception):
    """The environment is incomplete or wrong; the message names each variable and what it must be."""


class Address(NamedTuple):
    """Where a server listens."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

    @classmethod
    def parse(cls, text: str) -> "Address":
        """Read `host:port`.

        Raises:
            ValueError: it is something else.
        """
        host, _, port = text.strip().rpartition(":")
        if not host or not port.isdecimal() or not 0 < int(port) < 65_536:
            raise ValueError("it must be host:port")
        return cls(host, int(port))


def _address(text: object) -> object:
    return Address.parse(text) if isinstance(text, str) else text


def _addresses(text: object) -> object:
    return [_address(part) for part in text.split(",") if part.strip()] if isinstance(text, str) else text


def _rate(text: str) -> str:
    if text != "none":
        limits.parse(text)  # raises ValueError
    return text.removeprefix("none")


def _unless_elsewhere(destination: str, info: ValidationInfo) -> str:
    if not destination and not info.data.get("events_region"):
        raise ValueError("it must be set, or EVENTS_REGION where the events are in another region")
    return destination


class EnvironmentSettings(BaseModel):
    """Settings read from variables; a field's alias is its variable."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """Read the settings; an empty variable counts as absent.

        Raises:
            SettingsError: a variable is missing or wrong; all of them are named at once.
        """
        try:
            return cls.model_validate({name: value for name, value in environ.items() if value})
        except ValidationError as error:
            raise SettingsError(cls._explain(error)) from None

    @classmethod
    def _explain(cls, error: ValidationError) -> str:
        meanings = {field.alias: field.description for field in cls.model_fields.values()}
        aliases = {name: field.alias for name, field in cls.model_fields.items()}
        lines = ["The environment of the shop is incomplete or wrong:"]
        for problem in error.errors(include_url=False, include_context=False):
            place = str(problem["loc"][0])
            name = aliases.get(place, place)  # of a default that is wrong, pydantic names the field
            said = problem["msg"].removeprefix("Value error, ")
            wrong = "is missing" if problem["type"] == "missing" else f"is {problem['input']!r}: {said}"
            lines.append(f"  {name} {wrong}. It is {meanings[name]}.")
        lines.append(
            "On an instance they come from Parameter Store, below the stack's path: mend them there and "
            "restart the service. Elsewhere set the variables."
        )
        return "\n".join(lines)


class DatabaseSettings(EnvironmentSettings):
    """How PostgreSQL is reached."""

    writer: Annotated[Address, BeforeValidator(_address)] = Field(
        alias="DATABASE_WRITER", description="host:port of the PostgreSQL primary"
    )
    readers: Annotated[tuple[Address, ...], BeforeValidator(_addresses)] = Field(
        (), alias="DATABASE_READERS", description="host:port of each read replica, separated by commas"
    )
    database: str = Field(alias="DATABASE_NAME", description="the name of the database")
    secret_arn: str = Field(
        alias="DATABASE_SECRET_ARN", description="the ARN of the secret with user name and password"
    )
    sslmode: Literal["require", "prefer"] = Field(
        "require", alias="DATABASE_SSLMODE", description="'require' or 'prefer' (where the server has no TLS)"
    )
    via_proxy: bool = Field(
        default=False,
        alias="DATABASE_VIA_PROXY",
        description="'true' where the writer is RDS Proxy, which takes no parameters of a session",
    )
    pool_size: int = Field(
        10,
        alias="DATABASE_POOL_SIZE",
        ge=1,
        le=100,
        description="the connections that a worker opens to a server at most (to the primary: so many for "
        "writes and so many for reads)",
    )

    shards: Annotated[tuple[Address, ...], BeforeValidator(_addresses)] = Field(
        (),
        alias="DATABASE_SHARDS",
        description="host:port of each shard's primary in the order of their numbers, separated by commas; "
        "nothing where there is one database",
    )
    shard_directory: str = Field(
        "",
        alias="DATABASE_SHARD_DIRECTORY",
        description="the name of the DynamoDB table that says how each shard is reached, where their secrets "
        "or replicas differ",
    )


class Settings(DatabaseSettings):
    """What the running shop needs."""

    service: str = Field("shop", alias="SERVICE", description="the service's name in the logs")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", alias="LOG_LEVEL", description="DEBUG, INFO, WARNING or ERROR"
    )
    region: str = Field(alias="AWS_REGION", description="the AWS region in which the shop runs")
    carts_table: str = Field(alias="CARTS_TABLE", description="the name of the DynamoDB table of carts")
    reviews_table: str = Field(alias="REVIEWS_TABLE", description="the name of the DynamoDB table of reviews")
    chat_table: str = Field(
        alias="CHAT_TABLE", description="the name of the DynamoDB table of what is said in the chat"
    )
    cache_url: str = Field(
        alias="CACHE_URL",
        pattern=r"^rediss?://",
        description="redis://host:port/0, or rediss:// with encryption",
    )
    cache_cluster: bool = Field(
        default=False,
        alias="CACHE_CLUSTER",
        description="'true' where keys are spread over several servers (cluster mode)",
    )
    cache_secret_arn: str = Field(
        "",
        alias="CACHE_SECRET_ARN",
        description="the ARN of the secret with user name and password, where the cache asks for them",
    )
    account_limit: Annotated[str, AfterValidator(_rate)] = Field(
        "120/minute",
        alias="ACCOUNT_LIMIT",
        description="the changes that one account may make, such as 120/minute; none for no limit",
    )
    address_limit: Annotated[str, AfterValidator(_rate)] = Field(
        "600/minute",
        alias="ADDRESS_LIMIT",
        description="the changes that may be made from one address, such as 600/minute; none for no limit",
    )
    proxies: int = Field(
        0,
        alias="PROXIES",
        ge=0,
        le=5,
        description="the proxies of one's own that stand between clients and the shop, one behind the other",
    )
    payments_secret_arn: str = Field(
        "",
        alias="PAYMENTS_SECRET_ARN",
        description="the ARN of the secret whose password the payment provider signs its messages with",
    )
    events_region: str = Field(
        "",
        alias="EVENTS_REGION",
        pattern=r"^[a-z]{2}(-[a-z]+)+-\d$",
        description="the region of bus, queue and stream, where it is not this one: the shops there relay "
        "the outbox, and this one sends positions there",
    )
    event_bus: Annotated[str, AfterValidator(_unless_elsewhere)] = Field(
        "",
        alias="EVENT_BUS",
        validate_default=True,
        description="the name of the EventBridge bus that events go over",
    )
    payments_queue_url: Annotated[str, AfterValidator(_unless_elsewhere)] = Field(
        "",
        alias="PAYMENTS_QUEUE_URL",
        pattern=r"^(https?://.*)?$",
        validate_default=True,
        description="the URL of the FIFO queue of payments that wait to be captured",
    )
    sales_stream: Annotated[str, AfterValidator(_unless_elsewhere)] = Field(
        "",
        alias="SALES_STREAM",
        validate_default=True,
        description="the name of the Kinesis stream of paid orders",
    )
    media_stream: Annotated[str, AfterValidator(_unless_elsewhere)] = Field(
        "",
        alias="MEDIA_STREAM",
        validate_default=True,
        description="the name of the Kinesis stream of uploaded pictures and videos",
    )
    leases_table: str = Field(
        "",
        alias="LEASES_TABLE",
        description="the name of the DynamoDB table of leases; nothing where the relay's leader is chosen by "
        "a lock of the database",
    )
    identity_pool_id: str = Field(
        alias="IDENTITY_POOL_ID",
        pattern=r"^[a-z]{2}(-[a-z]+)+-\d_\w+$",
        description="the id of the Cognito user pool, which begins with its region",
    )
    identity_password_length: int = Field(
        alias="IDENTITY_PASSWORD_LENGTH", ge=6, description="the characters that its passwords have at least"
    )
    identity_issuer: str = Field(
        alias="IDENTITY_ISSUER",
        pattern=r"^https?://",
        description="who issues the tokens of people who sign in: the URL that they bear as `iss`",
    )
    identity_client_id: str = Field(
        alias="IDENTITY_CLIENT_ID", description="the pool's client that the shop is, and its tokens are for"
    )
    identity_keys_url: str = Field(
        alias="IDENTITY_KEYS_URL",
        pattern=r"^https?://",
        description="where the issuer's public keys (JWKS) are read",
    )
    media_bucket: str = Field(
        "",
        alias="MEDIA_BUCKET",
        description="the name of the S3 bucket that pictures and films are uploaded to, if they are",
    )
    media_key_id: str = Field(
        "", alias="MEDIA_KEY_ID", description="how CloudFront calls the key that signs private media"
    )
    media_key_secret_arn: str = Field(
        "", alias="MEDIA_KEY_SECRET_ARN", description="the ARN of the secret with its private part"
    )
    positions_stream: str = Field(
        alias="POSITIONS_STREAM", description="the name of the Kinesis stream of couriers' positions"
    )

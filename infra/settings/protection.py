"""How data is kept from others, and from being lost."""

from ipaddress import IPv4Network

from pydantic import Field

from infra.settings.section import Section


class Encryption(Section):
    """Whose key the data at rest is encrypted with."""

    own_key: bool = Field(
        description="A key of the stack's own, 1 USD a month and region, in place of those that AWS keeps; "
        "changing it replaces what it encrypts."
    )
    rotation_days: int = Field(
        ge=90, le=2_560, description="Days until AWS makes new material for the stack's own key."
    )


class Backups(Section):
    """What AWS Backup keeps of databases and tables, beside their own point-in-time recovery."""

    daily_days: int | None = Field(
        ge=1, le=36_500, description="Days that a daily backup is kept; unset takes none at all."
    )
    monthly_days: int | None = Field(
        ge=1, le=36_500, description="Days that the first backup of each month is kept; unset takes none."
    )
    lock_days: int | None = Field(
        ge=1,
        le=36_500,
        description="Days before which nobody deletes a backup, in stage prod; unset lets them.",
    )
    copied: bool = Field(description="Copy each daily backup to the second region.")


class SecondRegion(Section):
    """A region beside the stack's own, for copies of its data, and to answer requests where it serves."""

    code: str | None = Field(
        pattern=r"^(af|ap|ca|eu|il|me|mx|sa|us)-[a-z]+-\d$",
        examples=["eu-west-1"],
        description="AWS region that copies go to; unset is none.",
    )
    serves: bool = Field(
        description="Answer requests there as well: services, replicas and a cache, in a network of "
        "its own. Writes go to the first region."
    )
    cidr: IPv4Network | None = Field(
        description="Addresses of its VPC, where it serves; network.cidr must not overlap them."
    )
    ami: str | None = Field(
        None,
        pattern=r"^ami-[0-9a-f]{8,17}$",
        examples=["ami-0123456789abcdef0"],
        description="Image of the instances there, as compute.ami: an image is of one region.",
    )

"""The network, and the load balancer in it."""

from ipaddress import IPv4Network
from typing import Literal

from pydantic import Field

from infra.settings.section import Section


class Network(Section):
    """The private network and its way out."""

    cidr: IPv4Network = Field(description="Addresses of the VPC; choose one that no peer uses.")
    zones: int = Field(ge=2, le=3, description="Availability zones that the stack is spread over.")
    nat: Literal["none", "single", "per_zone"] = Field(
        description="NAT gateways for the private subnets; each costs about 32 USD a month."
    )
    interface_endpoints: tuple[str, ...] = Field(
        description="AWS services reached by a private endpoint; each costs about 7 USD a month and zone.",
        examples=["secretsmanager"],
    )


class LoadBalancer(Section):
    """What spreads the internet's requests over the instances."""

    origin_secret_version: int | None = Field(
        1,
        ge=1,
        le=1_000,
        description=(
            "Raise it to renew the secret by which the load balancer knows CloudFront; the one before stays "
            "good. Unset lets in whoever comes from CloudFront's addresses."
        ),
    )

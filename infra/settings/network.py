"""The network, its ways out, and the load balancer in it."""

from ipaddress import IPv4Network
from typing import Annotated, Literal

from pydantic import Field

from infra.settings.section import Section

SubnetIds = Annotated[
    list[Annotated[str, Field(pattern=r"^subnet-[0-9a-f]{8,17}$", examples=["subnet-0123456789abcdef0"])]],
    Field(
        min_length=2,
        max_length=3,
        examples=["subnet-0123456789abcdef0"],
        description="Subnets of the tier, one in each zone.",
    ),
]


class ExistingVpc(Section):
    """A VPC that somebody else made and keeps."""

    id: str = Field(
        pattern=r"^vpc-[0-9a-f]{8,17}$", examples=["vpc-0123456789abcdef0"], description="Of the VPC."
    )
    public_subnets: SubnetIds
    private_subnets: SubnetIds
    isolated_subnets: SubnetIds


class Network(Section):
    """The private network and its way out."""

    cidr: IPv4Network = Field(description="Addresses of the VPC; choose one that no peer uses.")
    zones: int = Field(ge=2, le=3, description="Availability zones that the stack is spread over.")
    nat: Literal["none", "single", "per_zone", "instance"] = Field(
        description=(
            "How private subnets reach the internet: through NAT gateways, each about 32 USD a month and an "
            "Elastic IP of the five that a region has, or through one small instance, about 4 USD."
        )
    )
    nat_instance_type: str | None = Field(
        None,
        pattern=r"^[a-z][a-z0-9-]*\.[a-z0-9-]+$",
        examples=["t4g.micro"],
        description="EC2 instance type of the NAT instance; unset is the smallest of the architecture.",
    )
    interface_endpoints: tuple[str, ...] = Field(
        description="AWS services reached by a private endpoint; each costs about 7 USD a month and zone.",
        examples=["secretsmanager"],
    )
    proxy_domains: list[Annotated[str, Field(pattern=r"^\.?([a-z0-9-]+\.)+[a-z]{2,}$")]] = Field(
        [],
        max_length=200,
        examples=["api.example.com"],
        description=(
            "Domains that private subnets may reach by HTTPS, through a pair of forward proxies; a leading "
            "dot lets subdomains through, too. Empty makes no proxy."
        ),
    )
    proxy_instance_type: str | None = Field(
        None,
        pattern=r"^[a-z][a-z0-9-]*\.[a-z0-9-]+$",
        examples=["t4g.small"],
        description="EC2 instance type of the proxies; unset is a small one of the architecture.",
    )
    flow_logs: Literal["none", "cloudwatch", "s3"] = Field(
        description="Where a line for each connection in the VPC is kept, as long as other logs."
    )
    vpc: ExistingVpc | None = Field(
        None,
        description="A VPC to stand in, in place of one of the stack's own; `cidr` must say its addresses.",
    )


class Targets(Section):
    """How requests are spread over the instances of each service."""

    algorithm: Literal["round_robin", "least_outstanding_requests", "weighted_random"] = Field(
        description="By turns, to the instance with the fewest requests at work, or at random by weights."
    )
    anomaly_mitigation: bool = Field(
        default=False,
        description="Give an instance that fails more than the others less; needs weighted_random.",
    )
    stickiness: int = Field(
        0,
        ge=0,
        le=604_800,
        description="Seconds for which a client stays with its instance; 0 is not at all.",
    )
    slow_start: int = Field(
        0, ge=0, le=900, description="Seconds over which a new instance's share grows; 0 is at once."
    )
    deregistration_delay: int = Field(
        30, ge=0, le=3_600, description="Seconds that a leaving instance has for the requests at work."
    )
    health_interval: int = Field(10, ge=5, le=300, description="Seconds between two checks of an instance.")
    health_timeout: int = Field(5, ge=2, le=120, description="Seconds that an instance has to answer one.")
    healthy_threshold: int = Field(2, ge=2, le=10, description="Good checks until an instance is taken in.")
    unhealthy_threshold: int = Field(3, ge=2, le=10, description="Failed checks until it is taken out.")


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
    tls_policy: Literal[
        "ELBSecurityPolicy-TLS13-1-2-2021-06",
        "ELBSecurityPolicy-TLS13-1-2-Res-2021-06",
        "ELBSecurityPolicy-TLS13-1-3-2021-06",
    ] = Field(
        "ELBSecurityPolicy-TLS13-1-2-2021-06",
        description="Versions and ciphers of TLS: 1.2 and 1.3, the same with fewer ciphers, or 1.3 alone.",
    )
    idle_timeout: int = Field(60, ge=1, le=4_000, description="Seconds that a silent connection is kept.")
    desync_mode: Literal["monitor", "defensive", "strictest"] = Field(
        "defensive", description="What becomes of requests that servers might understand differently."
    )
    access_logs: bool = Field(description="Keep a line of every request in a bucket, as long as other logs.")
    connection_logs: bool = Field(default=False, description="Keep a line of every connection beside them.")
    targets: Targets

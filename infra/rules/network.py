"""What the network's settings forbid each other."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from infra.errors import Problem
from infra.rules.rule import Rule

if TYPE_CHECKING:
    from infra.settings import Settings

SERVICES_WITHOUT_NAT = frozenset({"secretsmanager", "ssm", "sqs", "kinesis-streams", "email"})
"""What instances and functions call beside S3 and DynamoDB, which have gateway endpoints of their own."""


def _vpc_is_private_and_has_room(settings: "Settings") -> Iterator[Problem]:
    cidr = settings.network.cidr
    # A sixteenth of a /22 is a /26: an AWS load balancer wants at least a /27 with eight addresses free.
    if not (cidr.is_private and 16 <= cidr.prefixlen <= 22):
        yield Problem(
            key="network.cidr",
            value=str(cidr),
            allowed="a private network of /16 to /22",
            remedy="AWS allows nothing larger than /16, and below /22 a tier's subnets are too small.",
        )


def _no_nat_needs_endpoints(settings: "Settings") -> Iterator[Problem]:
    missing = sorted(SERVICES_WITHOUT_NAT - set(settings.network.interface_endpoints))
    if settings.network.nat == "none" and missing:
        yield Problem(
            key="network.nat",
            value="none",
            allowed=f"single or per_zone, or none with interface_endpoints for {', '.join(missing)}",
            remedy="Without a way out, what runs in private subnets cannot call these services.",
        )


RULES: tuple[Rule, ...] = (
    _vpc_is_private_and_has_room,
    _no_nat_needs_endpoints,
)

"""A network that somebody else made and keeps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import TYPE_CHECKING

import pulumi
import pulumi_aws as aws

if TYPE_CHECKING:
    from infra.components.alarms import Alarm


@dataclass(frozen=True, kw_only=True)
class AdoptedNetworkArgs:
    """
    Attributes:
        vpc_id: of the VPC.
        cidr: its addresses.
        default_security_group_id: the group that AWS made with it.
        public_subnet_ids: routed to an internet gateway, one a zone.
        private_subnet_ids: with a way out to AWS, one a zone.
        isolated_subnet_ids: need no way out, one a zone.
    """

    vpc_id: str
    cidr: IPv4Network
    default_security_group_id: pulumi.Input[str]
    public_subnet_ids: Sequence[str]
    private_subnet_ids: Sequence[str]
    isolated_subnet_ids: Sequence[str]


class AdoptedNetwork(pulumi.ComponentResource):
    """Looks like a `Network`, and creates nothing: routes, endpoints and flow logs are its keeper's.

    Attributes:
        vpc_id, cidr, default_security_group_id: of the VPC.
        zones: not known by name.
        public_subnet_ids, private_subnet_ids, isolated_subnet_ids: one a zone.
        inner_tables: none that we may add routes to.
        egress: nothing to wait for.
        alarms: none; its keeper has them.
    """

    def __init__(
        self, name: str, args: AdoptedNetworkArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("blueprint:network:AdoptedNetwork", name, None, opts)
        # Looked up again, so that a VPC or a subnet that is not there is said to be so before all else.
        child = pulumi.InvokeOptions(parent=self)
        found = aws.ec2.get_subnets_output(
            filters=[{"name": "vpc-id", "values": [args.vpc_id]}], opts=child
        ).ids
        wanted = [*args.public_subnet_ids, *args.private_subnet_ids, *args.isolated_subnet_ids]
        self.vpc_id = found.apply(lambda ids: _belonging(args.vpc_id, wanted, ids))
        self.cidr = args.cidr
        self.zones: Sequence[pulumi.Input[str]] = ()
        self.default_security_group_id = pulumi.Output.from_input(args.default_security_group_id)
        self.public_subnet_ids = _outputs(args.public_subnet_ids)
        self.private_subnet_ids = _outputs(args.private_subnet_ids)
        self.isolated_subnet_ids = _outputs(args.isolated_subnet_ids)
        self.inner_tables: Mapping[str, pulumi.Output[str]] = {}
        self.egress: list[pulumi.Resource] = []
        self.alarms: Sequence[Alarm] = ()
        self.register_outputs({"vpc_id": self.vpc_id})


def _belonging(vpc_id: str, wanted: Sequence[str], found: Sequence[str]) -> str:
    """`vpc_id` where every wanted subnet is in it.

    Raises:
        RunError: some are not.
    """
    if missing := sorted(set(wanted) - set(found)):
        raise pulumi.RunError(
            f"network.vpc: {vpc_id} has no subnet {', '.join(missing)} in this region. Name its own subnets."
        )
    return vpc_id


def _outputs(ids: Sequence[str]) -> list[pulumi.Output[str]]:
    return [pulumi.Output.from_input(subnet) for subnet in ids]

"""Two networks in two regions that reach each other without the internet."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.components.adopted_network import AdoptedNetwork
from infra.components.network import Network

AnyNetwork = Network | AdoptedNetwork


@dataclass(frozen=True, kw_only=True)
class PeeringArgs:
    """
    Attributes:
        requester: the network in the component's own region.
        accepter: the other network, whose addresses do not overlap.
        accepter_region: the region that it is in.
        accepter_provider: makes resources there.
    """

    requester: AnyNetwork
    accepter: AnyNetwork
    accepter_region: str
    accepter_provider: aws.Provider


class Peering(pulumi.ComponentResource):
    """A connection between the private and isolated subnets of two networks.

    It lets nobody in: security groups do, by addresses, since a group cannot name one of another region.
    Names need no option either: nothing that is reached over it has a public address.

    Resources: peering connection, its acceptance, a route a table and direction.

    Attributes:
        routes: what must stand before one side reaches the other; for `depends_on`.
    """

    def __init__(self, name: str, args: PeeringArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("blueprint:network:Peering", name, None, opts)
        self._name = name
        here = pulumi.ResourceOptions(parent=self)
        there = pulumi.ResourceOptions(parent=self, provider=args.accepter_provider)
        connection = aws.ec2.VpcPeeringConnection(
            name,
            vpc_id=args.requester.vpc_id,
            peer_vpc_id=args.accepter.vpc_id,
            peer_region=args.accepter_region,
            auto_accept=False,  # the requester cannot, in another region
            tags={"Name": name},
            opts=here,
        )
        accepted = aws.ec2.VpcPeeringConnectionAccepter(
            name,
            vpc_peering_connection_id=connection.id,
            auto_accept=True,
            tags={"Name": name},
            opts=there,
        )
        self._connection_id = accepted.id  # that of the connection, once routes may use it
        self.routes: list[pulumi.Resource] = [
            *self._routes("to-accepter", args.requester, args.accepter, here),
            *self._routes("to-requester", args.accepter, args.requester, there),
        ]
        self.register_outputs({"id": self._connection_id})

    def _routes(
        self, label: str, source: AnyNetwork, target: AnyNetwork, opts: pulumi.ResourceOptions
    ) -> list[aws.ec2.Route]:
        return [
            aws.ec2.Route(
                f"{self._name}-{label}-{table}",
                route_table_id=table_id,
                destination_cidr_block=str(target.cidr),
                vpc_peering_connection_id=self._connection_id,
                opts=opts,
            )
            for table, table_id in source.inner_tables.items()
        ]

"""The private network: three tiers of subnets over several zones, and the ways out."""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Literal

import pulumi
import pulumi_aws as aws

from infra.components import cidr
from infra.components.cidr import Tier
from infra.components.security_group import HTTPS, SecurityGroup, SecurityGroupArgs

ANYWHERE = "0.0.0.0/0"
GATEWAY_ENDPOINTS = ("s3", "dynamodb")
"""The two services that a VPC reaches free of charge. Amazon Linux's packages come from S3 as well."""


@dataclass(frozen=True, kw_only=True)
class NetworkArgs:
    """
    Attributes:
        cidr: addresses of the VPC.
        zones: names of the availability zones; one subnet of each tier stands in each.
        region: the region they are in, which names the endpoints' services.
        nat: how private subnets reach the internet: not at all, through one gateway, or one a zone.
        interface_endpoints: services, such as `secretsmanager`, reached without leaving the VPC.
    """

    cidr: IPv4Network
    zones: Sequence[pulumi.Input[str]]
    region: str
    nat: Literal["none", "single", "per_zone"]
    interface_endpoints: Sequence[str] = ()


class Network(pulumi.ComponentResource):
    """A VPC with public, private and isolated subnets.

    Resources: VPC, internet gateway, a subnet a tier and zone, route tables (one for the public tier, one for
    the isolated, one a private subnet), NAT gateways with their addresses, gateway endpoints, interface
    endpoints with a security group.

    Attributes:
        vpc_id: of the VPC.
        zones: names of its availability zones.
        default_security_group_id: the group that AWS makes with a VPC and deletes with it.
        public_subnet_ids, private_subnet_ids, isolated_subnet_ids: one a zone.
        egress: what must stand before anything in a private subnet reaches AWS; for `depends_on`.
    """

    def __init__(self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("blueprint:network:Network", name, None, opts)
        self._name = name
        self._child = pulumi.ResourceOptions(parent=self)
        vpc = aws.ec2.Vpc(
            name,
            cidr_block=str(args.cidr),
            enable_dns_support=True,
            enable_dns_hostnames=True,  # private DNS of interface endpoints wants both
            tags={"Name": name},
            opts=self._child,
        )
        self.vpc_id: pulumi.Output[str] = vpc.id
        self.zones = args.zones
        self.default_security_group_id = vpc.default_security_group_id
        blocks = cidr.subnets(args.cidr, len(args.zones))
        public, private, isolated = (self._subnets(tier, blocks[tier], args.zones) for tier in Tier)
        self.public_subnet_ids = [subnet.id for subnet in public]
        self.private_subnet_ids = [subnet.id for subnet in private]
        self.isolated_subnet_ids = [subnet.id for subnet in isolated]

        internet = self._internet_route(public)
        private_tables, nat_routes = self._private_routes(args.nat, public, private, internet)
        self._route_table("isolated", isolated)
        endpoints = self._gateway_endpoints(args.region, private_tables)
        endpoints += self._interface_endpoints(args)
        self.egress: list[pulumi.Resource] = [*nat_routes, *endpoints]
        self.register_outputs({"vpc_id": self.vpc_id})

    def _subnets(
        self, tier: Tier, blocks: Sequence[IPv4Network], zones: Sequence[pulumi.Input[str]]
    ) -> list[aws.ec2.Subnet]:
        return [
            aws.ec2.Subnet(
                f"{self._name}-{tier.name.lower()}-{number}",
                vpc_id=self.vpc_id,
                cidr_block=str(block),
                availability_zone=zone,
                map_public_ip_on_launch=False,  # nothing in a public subnet is an instance
                tags={"Name": f"{self._name}-{tier.name.lower()}-{number}", "Tier": tier.name.lower()},
                opts=self._child,
            )
            for number, (block, zone) in enumerate(zip(blocks, zones, strict=True), start=1)
        ]

    def _route_table(self, label: str, subnets: Sequence[aws.ec2.Subnet]) -> aws.ec2.RouteTable:
        table = aws.ec2.RouteTable(
            f"{self._name}-{label}",
            vpc_id=self.vpc_id,
            tags={"Name": f"{self._name}-{label}"},
            opts=self._child,
        )
        for number, subnet in enumerate(subnets, start=1):
            aws.ec2.RouteTableAssociation(
                f"{self._name}-{label}-{number}",
                route_table_id=table.id,
                subnet_id=subnet.id,
                opts=self._child,
            )
        return table

    def _internet_route(self, public: Sequence[aws.ec2.Subnet]) -> aws.ec2.Route:
        gateway = aws.ec2.InternetGateway(
            self._name, vpc_id=self.vpc_id, tags={"Name": self._name}, opts=self._child
        )
        table = self._route_table("public", public)
        return aws.ec2.Route(
            f"{self._name}-public-internet",
            route_table_id=table.id,
            destination_cidr_block=ANYWHERE,
            gateway_id=gateway.id,
            opts=self._child,
        )

    def _private_routes(
        self,
        nat: Literal["none", "single", "per_zone"],
        public: Sequence[aws.ec2.Subnet],
        private: Sequence[aws.ec2.Subnet],
        internet: aws.ec2.Route,
    ) -> tuple[list[aws.ec2.RouteTable], list[aws.ec2.Route]]:
        """A route table a zone, so that changing the NAT mode changes routes and no association."""
        tables = [
            self._route_table(f"private-{number}", [subnet]) for number, subnet in enumerate(private, start=1)
        ]
        count = {"none": 0, "single": 1, "per_zone": len(public)}[nat]
        gateways = [
            self._nat_gateway(number, subnet, internet)
            for number, subnet in enumerate(public[:count], start=1)
        ]
        routes = [
            aws.ec2.Route(
                f"{self._name}-private-{number}-internet",
                route_table_id=table.id,
                destination_cidr_block=ANYWHERE,
                nat_gateway_id=gateways[(number - 1) % count].id,
                opts=self._child,
            )
            for number, table in enumerate(tables, start=1)
            if gateways
        ]
        return tables, routes

    def _nat_gateway(
        self, number: int, subnet: aws.ec2.Subnet, internet: aws.ec2.Route
    ) -> aws.ec2.NatGateway:
        name = f"{self._name}-nat-{number}"
        after_internet = pulumi.ResourceOptions(parent=self, depends_on=[internet])
        address = aws.ec2.Eip(name, domain="vpc", tags={"Name": name}, opts=after_internet)
        return aws.ec2.NatGateway(
            name, allocation_id=address.id, subnet_id=subnet.id, tags={"Name": name}, opts=after_internet
        )

    def _gateway_endpoints(
        self, region: str, tables: Sequence[aws.ec2.RouteTable]
    ) -> list[aws.ec2.VpcEndpoint]:
        return [
            aws.ec2.VpcEndpoint(
                f"{self._name}-{service}",
                vpc_id=self.vpc_id,
                service_name=f"com.amazonaws.{region}.{service}",
                vpc_endpoint_type="Gateway",
                route_table_ids=[table.id for table in tables],
                tags={"Name": f"{self._name}-{service}"},
                opts=self._child,
            )
            for service in GATEWAY_ENDPOINTS
        ]

    def _interface_endpoints(self, args: NetworkArgs) -> list[aws.ec2.VpcEndpoint]:
        if not args.interface_endpoints:
            return []
        group = SecurityGroup(
            f"{self._name}-endpoints",
            SecurityGroupArgs(vpc_id=self.vpc_id, description="Endpoints of AWS services"),
            self._child,
        )
        group.allow_from_network("vpc", str(args.cidr), HTTPS)
        return [
            aws.ec2.VpcEndpoint(
                f"{self._name}-{service}",
                vpc_id=self.vpc_id,
                service_name=f"com.amazonaws.{args.region}.{service}",
                vpc_endpoint_type="Interface",
                private_dns_enabled=True,
                subnet_ids=self.private_subnet_ids,
                security_group_ids=[group.resource.id],
                tags={"Name": f"{self._name}-{service}"},
                opts=self._child,
            )
            for service in args.interface_endpoints
        ]

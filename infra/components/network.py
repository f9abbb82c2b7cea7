"""The private network: three tiers of subnets over several zones, and the ways out."""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Literal

import pulumi
import pulumi_aws as aws

from infra.components import cidr, policy
from infra.components.alarms import Alarm
from infra.components.cidr import Tier
from infra.components.nat_instance import NatInstance, NatInstanceArgs
from infra.components.security_group import HTTPS, SecurityGroup, SecurityGroupArgs

ANYWHERE = "0.0.0.0/0"
Nat = Literal["none", "single", "per_zone", "instance"]


@dataclass(frozen=True, kw_only=True)
class NetworkArgs:
    """
    Attributes:
        cidr: addresses of the VPC.
        zones: names of the availability zones; one subnet of each tier stands in each.
        region: the region they are in, which names the endpoints' services.
        account_id: whose identities the gateway endpoints let through.
        nat: how private subnets reach the internet: not at all, through one gateway, one a zone, or through
            one small instance, which passes HTTPS on and nothing else.
        nat_image_id, nat_instance_type: of the instance, where there is one.
        interface_endpoints: services, such as `secretsmanager`, reached without leaving the VPC.
    """

    cidr: IPv4Network
    zones: Sequence[pulumi.Input[str]]
    region: str
    account_id: pulumi.Input[str]
    nat: Nat
    nat_image_id: pulumi.Input[str] | None
    nat_instance_type: str
    interface_endpoints: Sequence[str] = ()


class Network(pulumi.ComponentResource):
    """A VPC with public, private and isolated subnets.

    Resources: VPC with its default security group emptied, internet gateway, a subnet a tier and zone, route
    tables (one for the public tier, one for the isolated, one a private subnet), NAT gateways with their
    addresses or a NAT instance, gateway endpoints, interface endpoints with a security group.

    Attributes:
        vpc_id, cidr: of the VPC.
        zones: names of its availability zones.
        default_security_group_id: the group that AWS makes with a VPC and deletes with it.
        public_subnet_ids, private_subnet_ids, isolated_subnet_ids: one a zone.
        inner_tables: ids of the route tables of private and isolated subnets, by what they are called.
        egress: what must stand before anything in a private subnet reaches AWS; for `depends_on`.
        alarms: what goes wrong on the way out.
    """

    def __init__(self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("blueprint:network:Network", name, None, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        self.alarms: list[Alarm] = []
        self.cidr = args.cidr
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
        self.default_security_group_id = self._empty_default_security_group().id
        blocks = cidr.subnets(args.cidr, len(args.zones))
        self._private_blocks = blocks[Tier.PRIVATE]
        public, private, isolated = (self._subnets(tier, blocks[tier], args.zones) for tier in Tier)
        self.public_subnet_ids = [subnet.id for subnet in public]
        self.private_subnet_ids = [subnet.id for subnet in private]
        self.isolated_subnet_ids = [subnet.id for subnet in isolated]

        public_table = self._route_table("public", public)
        internet = self._internet_route(public_table)
        # A route table a zone, so that changing the NAT mode changes routes and no association.
        tables = [
            self._route_table(f"private-{number}", [subnet]) for number, subnet in enumerate(private, start=1)
        ]
        inner = {f"private-{number}": table for number, table in enumerate(tables, start=1)}
        inner["isolated"] = self._route_table("isolated", isolated)
        self.inner_tables = {label: table.id for label, table in inner.items()}
        endpoints = [*self._gateway_endpoints([*tables, public_table]), *self._interface_endpoints(args)]
        if args.nat == "instance":
            ways_out = self._instance_routes(tables, public[0], [internet, *endpoints])
        else:
            ways_out = self._gateway_routes(tables, public, internet)
        self.egress: list[pulumi.Resource] = [*ways_out, *endpoints]
        self.register_outputs({"vpc_id": self.vpc_id})

    def _empty_default_security_group(self) -> aws.ec2.DefaultSecurityGroup:
        """Take away the rules that let all who forgot a group of their own talk to each other."""
        return aws.ec2.DefaultSecurityGroup(
            self._name, vpc_id=self.vpc_id, tags={"Name": f"{self._name}-default"}, opts=self._child
        )

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

    def _internet_route(self, public: aws.ec2.RouteTable) -> aws.ec2.Route:
        gateway = aws.ec2.InternetGateway(
            self._name, vpc_id=self.vpc_id, tags={"Name": self._name}, opts=self._child
        )
        return self._way_out("public", public, self._child, gateway_id=gateway.id)

    def _way_out(
        self,
        label: str,
        table: aws.ec2.RouteTable,
        opts: pulumi.ResourceOptions,
        **target: pulumi.Input[str],
    ) -> aws.ec2.Route:
        return aws.ec2.Route(
            f"{self._name}-{label}-internet",
            route_table_id=table.id,
            destination_cidr_block=ANYWHERE,
            opts=opts,
            **target,
        )

    def _gateway_routes(
        self,
        tables: Sequence[aws.ec2.RouteTable],
        public: Sequence[aws.ec2.Subnet],
        internet: aws.ec2.Route,
    ) -> list[aws.ec2.Route]:
        count = {"none": 0, "single": 1, "per_zone": len(public)}[self._args.nat]
        gateways = [
            self._nat_gateway(number, subnet, internet)
            for number, subnet in enumerate(public[:count], start=1)
        ]
        return [
            self._way_out(
                f"private-{number}", table, self._child, nat_gateway_id=gateways[(number - 1) % count].id
            )
            for number, table in enumerate(tables, start=1)
            if gateways
        ]

    def _nat_gateway(
        self, number: int, subnet: aws.ec2.Subnet, internet: aws.ec2.Route
    ) -> aws.ec2.NatGateway:
        name = f"{self._name}-nat-{number}"
        after_internet = pulumi.ResourceOptions(parent=self, depends_on=[internet])
        address = aws.ec2.Eip(name, domain="vpc", tags={"Name": name}, opts=after_internet)
        gateway = aws.ec2.NatGateway(
            name, allocation_id=address.id, subnet_id=subnet.id, tags={"Name": name}, opts=after_internet
        )
        self.alarms.append(
            Alarm(
                name=f"{name}-exhausted",
                description=f"{name} has no port left for new connections to one address: reuse connections.",
                namespace="AWS/NATGateway",
                metric="ErrorPortAllocation",
                dimensions={"NatGatewayId": gateway.id},
                statistic="Sum",
                threshold=0,
            )
        )
        return gateway

    def _instance_routes(
        self,
        tables: Sequence[aws.ec2.RouteTable],
        subnet: aws.ec2.Subnet,
        after: Sequence[pulumi.Resource],
    ) -> list[aws.ec2.Route]:
        if self._args.nat_image_id is None:
            raise ValueError("a NAT instance needs an image")
        args = NatInstanceArgs(
            vpc_id=self.vpc_id,
            subnet_id=subnet.id,
            sources=self._private_blocks,
            image_id=self._args.nat_image_id,
            instance_type=self._args.nat_instance_type,
            after=after,
        )
        instance = NatInstance(f"{self._name}-nat", args, self._child)
        self.alarms += instance.alarms
        ready = pulumi.ResourceOptions(parent=self, depends_on=instance.ready)
        return [
            self._way_out(
                f"private-{number}", table, ready, network_interface_id=instance.network_interface_id
            )
            for number, table in enumerate(tables, start=1)
        ]

    def _gateway_endpoints(self, tables: Sequence[aws.ec2.RouteTable]) -> list[aws.ec2.VpcEndpoint]:
        """S3 and DynamoDB, the two services that a VPC reaches free of charge."""
        region = self._args.region
        policies: dict[str, list[policy.Statement]] = {"s3": [_packages(region)], "dynamodb": []}
        return [
            aws.ec2.VpcEndpoint(
                f"{self._name}-{service}",
                vpc_id=self.vpc_id,
                service_name=f"com.amazonaws.{region}.{service}",
                vpc_endpoint_type="Gateway",
                policy=policy.document(_own_identities(service, self._args.account_id), *more),
                route_table_ids=[table.id for table in tables],
                tags={"Name": f"{self._name}-{service}"},
                opts=self._child,
            )
            for service, more in policies.items()
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


def _own_identities(service: str, account_id: pulumi.Input[str]) -> policy.Statement:
    """Whoever belongs to the account may do what his own permissions say; stolen data finds no other way in.

    An endpoint's policy grants nothing by itself, hence the wildcards.
    """
    ours = {"StringEquals": {"aws:PrincipalAccount": account_id}}
    return {**policy.allow([f"{service}:*"], ["*"], Condition=ours), "Principal": "*"}


def _packages(region: str) -> policy.Statement:
    """Amazon Linux 2023 asks for its packages without saying who it is."""
    packages = f"arn:aws:s3:::al2023-repos-{region}-de612dc2/*"
    return {**policy.allow(["s3:GetObject"], [packages]), "Sid": "AmazonLinux", "Principal": "*"}

"""A NAT instance: one small server in place of a NAT gateway, at about a tenth of its price."""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network

import pulumi
import pulumi_aws as aws

from infra.components.alarms import Alarm
from infra.components.appliance import ApplianceRole
from infra.components.security_group import HTTPS, SecurityGroup, SecurityGroupArgs
from infra.instance import nat


@dataclass(frozen=True, kw_only=True)
class NatInstanceArgs:
    """
    Attributes:
        vpc_id: the VPC.
        subnet_id: a public subnet.
        sources: the networks that go out through it.
        image_id: Amazon Linux 2023 for the instance type's architecture.
        instance_type: such as `t4g.nano`.
        after: what must stand before it boots: the ways to the internet and to S3.
    """

    vpc_id: pulumi.Input[str]
    subnet_id: pulumi.Input[str]
    sources: Sequence[IPv4Network]
    image_id: pulumi.Input[str]
    instance_type: str
    after: Sequence[pulumi.Resource]


class NatInstance(pulumi.ComponentResource):
    """One instance that forwards HTTPS, and nothing else, under a fixed address.

    AWS moves it to sound hardware by itself where its own fails. Where the instance itself hangs, the alarm
    says so: reboot it, or replace it by `pulumi up`. A changed image makes the new one before the old goes.

    Resources: role with its profile, security group, instance, Elastic IP with its association.

    Attributes:
        network_interface_id: where routes send packets.
        address: what others see requests come from.
        ready: what must stand before anybody goes out through it.
        alarms: the instance fails AWS's checks.
    """

    def __init__(self, name: str, args: NatInstanceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("blueprint:network:NatInstance", name, None, opts)
        self._name = name
        self._child = pulumi.ResourceOptions(parent=self)
        group = SecurityGroup(
            name, SecurityGroupArgs(vpc_id=args.vpc_id, description="NAT instance"), self._child
        )
        for number, source in enumerate(args.sources, start=1):
            group.allow_from_network(f"private-{number}", str(source), HTTPS)
        group.allow_https_out()
        instance = self._instance(args, group)
        self.network_interface_id = instance.primary_network_interface_id
        address = aws.ec2.Eip(name, domain="vpc", tags={"Name": name}, opts=self._child)
        self.address = address.public_ip
        association = aws.ec2.EipAssociation(
            name, instance_id=instance.id, allocation_id=address.id, opts=self._child
        )
        self.ready: list[pulumi.Resource] = [association]
        self.alarms = [
            Alarm(
                name=f"{name}-broken",
                description=f"{name} fails AWS's checks, and nothing leaves the private subnets: reboot it.",
                namespace="AWS/EC2",
                metric="StatusCheckFailed",
                dimensions={"InstanceId": instance.id},
                statistic="Maximum",
                threshold=0,
                periods=2,
                missing="breaching",
                urgent=True,
            )
        ]
        self.register_outputs({"address": self.address})

    def _instance(self, args: NatInstanceArgs, group: SecurityGroup) -> aws.ec2.Instance:
        role = ApplianceRole(self._name, self._child)
        return aws.ec2.Instance(
            self._name,
            ami=args.image_id,
            instance_type=args.instance_type,
            subnet_id=args.subnet_id,
            vpc_security_group_ids=[group.resource.id],
            iam_instance_profile=role.profile.name,
            source_dest_check=False,  # it forwards packets that are neither from nor for itself
            user_data_base64=nat.user_data(args.sources),
            user_data_replace_on_change=True,
            maintenance_options={"auto_recovery": "default"},
            credit_specification={"cpu_credits": "standard"},  # never dearer than its price
            metadata_options={
                "http_endpoint": "enabled",
                "http_tokens": "required",
                "http_put_response_hop_limit": 1,
            },
            root_block_device={"volume_type": "gp3", "volume_size": 8, "encrypted": True},
            tags={"Name": self._name},
            opts=pulumi.ResourceOptions(parent=self, depends_on=args.after),
        )

"""The forward proxy: the one door from private subnets to the internet, open to listed domains only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network

import pulumi
import pulumi_aws as aws

from infra.components import naming
from infra.components.alarms import Alarm
from infra.components.appliance import ApplianceRole
from infra.components.security_group import Networked, SecurityGroup, SecurityGroupArgs
from infra.instance import squid

BALANCER_NAME_LIMIT = 32
GROUP_NAME_LIMIT = 255
TEMPLATE_NAME_LIMIT = 128
PROXIES = 2


@dataclass(frozen=True, kw_only=True)
class ForwardProxyArgs:
    """
    Attributes:
        vpc_id, cidr: of the VPC.
        public_subnet_ids: where the proxies stand, one a zone.
        private_subnet_ids: where they are reached, one a zone.
        domains: whom one may reach through them by HTTPS; with a leading dot, its subdomains too.
        image_id: Amazon Linux 2023 for the instance type's architecture.
        instance_type: such as `t4g.micro`.
        tags: on instances and volumes; the provider's default tags do not reach these.
        protect: refuse to be deleted.
        after: what must stand before they boot: the ways to the internet and to S3.
    """

    vpc_id: pulumi.Input[str]
    cidr: IPv4Network
    public_subnet_ids: Sequence[pulumi.Input[str]]
    private_subnet_ids: Sequence[pulumi.Input[str]]
    domains: Sequence[str]
    image_id: pulumi.Input[str]
    instance_type: str
    tags: Mapping[str, str]
    protect: bool
    after: Sequence[pulumi.Resource]


class ForwardProxy(pulumi.ComponentResource):
    """Two instances with Squid, in two zones, behind an internal network load balancer.

    Resources: security groups of balancer and instances, balancer, listener, target group, role with its
    profile, launch template, auto-scaling group.

    Attributes:
        url: for `HTTPS_PROXY`.
        alarms: a proxy does not answer, or hardly keeps up.
    """

    def __init__(self, name: str, args: ForwardProxyArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("blueprint:network:ForwardProxy", name, None, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        self.security_group = self._group(name, "Balancer of the forward proxies")
        self._instances_group = self._group(f"{name}-instances", "Forward proxies")
        self._instances_group.allow_from(self, squid.PORT)
        self._instances_group.allow_https_out()
        balancer = self._balancer()
        target_group = self._target_group(balancer)
        group = self._instances(self._template(), target_group)
        self.url = pulumi.Output.concat("http://", balancer.dns_name, f":{squid.PORT}")
        self.alarms = [
            Alarm(
                name=f"{name}-unhealthy",
                description="A forward proxy does not answer; its group replaces it. Look at Squid's log.",
                namespace="AWS/NetworkELB",
                metric="UnHealthyHostCount",
                dimensions={
                    "LoadBalancer": balancer.arn_suffix,
                    "TargetGroup": target_group.arn_suffix,
                },
                statistic="Maximum",
                threshold=0,
                urgent=True,
            ),
            Alarm(
                name=f"{name}-busy",
                description="The proxies hardly keep up: choose a larger network.proxy_instance_type.",
                namespace="AWS/EC2",
                metric="CPUUtilization",
                dimensions={"AutoScalingGroupName": group.name},
                threshold=80,
                periods=15,
            ),
        ]
        self.register_outputs({"url": self.url})

    def allow_from(self, *clients: Networked) -> None:
        """Let clients open connections to the proxy."""
        for client in clients:
            self.security_group.allow_from(client, squid.PORT)

    def _group(self, name: str, description: str) -> SecurityGroup:
        args = SecurityGroupArgs(vpc_id=self._args.vpc_id, description=description)
        return SecurityGroup(name, args, self._child)

    def _balancer(self) -> aws.lb.LoadBalancer:
        return aws.lb.LoadBalancer(
            self._name,
            name=naming.physical(self._name, BALANCER_NAME_LIMIT),
            load_balancer_type="network",
            internal=True,
            subnets=self._args.private_subnet_ids,
            # A network load balancer that is made without a group can never be given one.
            security_groups=[self.security_group.resource.id],
            enable_cross_zone_load_balancing=True,
            enable_deletion_protection=self._args.protect,
            opts=self._child,
        )

    def _target_group(self, balancer: aws.lb.LoadBalancer) -> aws.lb.TargetGroup:
        group = aws.lb.TargetGroup(
            naming.auto(self._name, BALANCER_NAME_LIMIT),
            vpc_id=self._args.vpc_id,
            port=squid.PORT,
            protocol="TCP",
            target_type="instance",
            # Squid sees the balancer's addresses, which are in the VPC: replies need not find their way back.
            preserve_client_ip="false",
            deregistration_delay=30,
            health_check={
                "protocol": "TCP",
                "interval": 10,
                "healthy_threshold": 2,
                "unhealthy_threshold": 2,
            },
            opts=self._child,
        )
        aws.lb.Listener(
            self._name,
            load_balancer_arn=balancer.arn,
            port=squid.PORT,
            protocol="TCP",
            default_actions=[{"type": "forward", "target_group_arn": group.arn}],
            opts=self._child,
        )
        return group

    def _template(self) -> aws.ec2.LaunchTemplate:
        args = self._args
        volume: aws.ec2.LaunchTemplateBlockDeviceMappingEbsArgsDict = {
            "volume_size": 8,
            "volume_type": "gp3",
            "encrypted": "true",
            "delete_on_termination": "true",
        }
        return aws.ec2.LaunchTemplate(
            naming.auto(self._name, TEMPLATE_NAME_LIMIT),
            image_id=args.image_id,
            instance_type=args.instance_type,
            user_data=squid.user_data(args.cidr, args.domains),
            update_default_version=True,
            iam_instance_profile={"arn": ApplianceRole(self._name, self._child).profile.arn},
            network_interfaces=[
                {
                    "associate_public_ip_address": "true",
                    "security_groups": [self._instances_group.resource.id],
                    "delete_on_termination": "true",
                }
            ],
            block_device_mappings=[{"device_name": "/dev/xvda", "ebs": volume}],
            metadata_options={
                "http_endpoint": "enabled",
                "http_tokens": "required",
                "http_put_response_hop_limit": 1,
            },
            tag_specifications=[
                {"resource_type": "volume", "tags": {**args.tags, "Name": self._name}},
            ],
            opts=self._child,
        )

    def _instances(
        self, template: aws.ec2.LaunchTemplate, target_group: aws.lb.TargetGroup
    ) -> aws.autoscaling.Group:
        tags = {**self._args.tags, "Name": self._name}
        return aws.autoscaling.Group(
            self._name,
            name=naming.physical(self._name, GROUP_NAME_LIMIT),
            min_size=PROXIES,
            max_size=PROXIES + 1,
            vpc_zone_identifiers=self._args.public_subnet_ids,
            target_group_arns=[target_group.arn],
            launch_template={"id": template.id, "version": template.latest_version.apply(str)},
            health_check_type="ELB",
            health_check_grace_period=300,
            instance_refresh={
                "strategy": "Rolling",
                "preferences": {"min_healthy_percentage": 100, "max_healthy_percentage": 150},
            },
            tags=[{"key": key, "value": value, "propagate_at_launch": True} for key, value in tags.items()],
            opts=pulumi.ResourceOptions(parent=self, depends_on=self._args.after),
        )

"""The instances of a service: born alike from one template, as many as the load asks for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.components import naming, policy
from infra.components.alarms import Alarm
from infra.components.security_group import SecurityGroup, SecurityGroupArgs

GROUP_NAME_LIMIT = 255
PROFILE_NAME_LIMIT = 128
TEMPLATE_NAME_LIMIT = 128
ROOT_DEVICE = "/dev/xvda"
"""The root volume of Amazon Linux 2023."""

SESSION_MANAGER = (
    "ssm:UpdateInstanceInformation",
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
)
"""All that Session Manager needs; none of it can be narrowed to a resource. AWS's own policy for it,
AmazonSSMManagedInstanceCore, would also let an instance read every parameter of the account."""


class InstanceRole(pulumi.ComponentResource):
    """What a fleet's instances may do: at first only to be reached by Session Manager, in place of SSH.

    It stands apart from the fleet, so that what an instance needs at birth is granted before the first one.

    Resources: role, policy, instance profile.
    """

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("blueprint:compute:InstanceRole", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.role = policy.service_role(name, "ec2.amazonaws.com", f"Instances of {name}", child)
        policy.grant(self.role, "session-manager", [policy.allow(SESSION_MANAGER, ["*"])], self)
        self.profile = aws.iam.InstanceProfile(
            f"{name}-profile",
            name=naming.physical(name, PROFILE_NAME_LIMIT),
            role=self.role.resource.name,
            opts=child,
        )
        self.register_outputs({"profile_arn": self.profile.arn})


@dataclass(frozen=True, kw_only=True)
class FleetArgs:
    """
    Attributes:
        vpc_id: the VPC.
        subnet_ids: private subnets, one a zone.
        image_id: Amazon Linux 2023 for the instance type's architecture.
        instance_type: such as `t4g.small`.
        volume_size: root volume in GiB.
        user_data: cloud-init document, base64.
        description: says which configuration the instances run with; when it changes, instances are replaced.
        instance_profile_arn: who the instances are.
        target_group_arns: where they register.
        min_size, max_size: how many there are.
        cpu_target: average CPU in percent that scaling aims at.
        health_check_grace: seconds that a new instance has until failed checks count.
        tags: on instances and volumes; the provider's default tags do not reach these.
        after: what must stand before the first instance boots.
    """

    vpc_id: pulumi.Input[str]
    subnet_ids: Sequence[pulumi.Input[str]]
    image_id: pulumi.Input[str]
    instance_type: str
    volume_size: int
    user_data: pulumi.Input[str]
    description: pulumi.Input[str]
    instance_profile_arn: pulumi.Input[str]
    target_group_arns: Sequence[pulumi.Input[str]]
    min_size: int
    max_size: int
    cpu_target: int
    health_check_grace: int
    tags: Mapping[str, str]
    after: Sequence[pulumi.Resource]


class Fleet(pulumi.ComponentResource):
    """An auto-scaling group that replaces instances whenever their template changes.

    Resources: security group, launch template, auto-scaling group, target tracking policy.

    Attributes:
        security_group: may call AWS by HTTPS; nothing may call it until it is allowed.
        alarms: the fleet is at work as hard as it may and does not keep up.
    """

    def __init__(self, name: str, args: FleetArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("blueprint:compute:Fleet", name, None, opts)
        self._name = name
        self._tags = {**args.tags, "Name": name}
        self._child = pulumi.ResourceOptions(parent=self)
        self.security_group = SecurityGroup(
            f"{name}-fleet",
            SecurityGroupArgs(vpc_id=args.vpc_id, description=f"Instances of {name}"),
            self._child,
        )
        self.security_group.allow_https_out()
        template = self._template(args)
        self.group = self._group(args, template)
        self._scale_on_cpu(args.cpu_target)
        self.alarms = [
            Alarm(
                name=f"{name}-busy",
                description=f"{name} cannot scale out any further, or does not; compare fleet.max_size.",
                namespace="AWS/EC2",
                metric="CPUUtilization",
                dimensions={"AutoScalingGroupName": self.group.name},
                threshold=min(args.cpu_target + 20, 95),
                periods=15,
            )
        ]
        self.register_outputs({"group_name": self.group.name})

    def _template(self, args: FleetArgs) -> aws.ec2.LaunchTemplate:
        volume: aws.ec2.LaunchTemplateBlockDeviceMappingEbsArgsDict = {
            "volume_size": args.volume_size,
            "volume_type": "gp3",
            "encrypted": "true",
            "delete_on_termination": "true",
        }
        return aws.ec2.LaunchTemplate(
            naming.auto(self._name, TEMPLATE_NAME_LIMIT),
            description=args.description,
            image_id=args.image_id,
            instance_type=args.instance_type,
            user_data=args.user_data,
            update_default_version=True,
            iam_instance_profile={"arn": args.instance_profile_arn},
            vpc_security_group_ids=[self.security_group.resource.id],
            block_device_mappings=[{"device_name": ROOT_DEVICE, "ebs": volume}],
            # Version 2 only: a request forged through the service cannot fetch the role's credentials.
            metadata_options={
                "http_endpoint": "enabled",
                "http_tokens": "required",
                "http_put_response_hop_limit": 1,
            },
            tag_specifications=[{"resource_type": "volume", "tags": self._tags}],
            opts=self._child,
        )

    def _group(self, args: FleetArgs, template: aws.ec2.LaunchTemplate) -> aws.autoscaling.Group:
        return aws.autoscaling.Group(
            self._name,
            name=naming.physical(self._name, GROUP_NAME_LIMIT),
            # The desired capacity stays unset: scaling moves it, and an `up` must not move it back.
            min_size=args.min_size,
            max_size=args.max_size,
            vpc_zone_identifiers=args.subnet_ids,
            target_group_arns=args.target_group_arns,
            # The number, not `$Latest`: only a change of this text starts a refresh.
            launch_template={"id": template.id, "version": template.latest_version.apply(str)},
            health_check_type="ELB",
            health_check_grace_period=args.health_check_grace,
            default_instance_warmup=60,
            # The first `up` succeeds when the load balancer finds the service healthy, and not before.
            min_elb_capacity=args.min_size,
            wait_for_capacity_timeout="15m",
            instance_refresh={
                "strategy": "Rolling",
                "preferences": {
                    "min_healthy_percentage": 100,
                    "max_healthy_percentage": 200,
                    "auto_rollback": True,
                },
            },
            tags=[
                {"key": key, "value": value, "propagate_at_launch": True} for key, value in self._tags.items()
            ],
            opts=pulumi.ResourceOptions(parent=self, depends_on=args.after),
        )

    def _scale_on_cpu(self, target: int) -> None:
        aws.autoscaling.Policy(
            f"{self._name}-cpu",
            name=f"{self._name}-cpu",
            autoscaling_group_name=self.group.name,
            policy_type="TargetTrackingScaling",
            target_tracking_configuration={
                "predefined_metric_specification": {"predefined_metric_type": "ASGAverageCPUUtilization"},
                "target_value": target,
            },
            opts=self._child,
        )

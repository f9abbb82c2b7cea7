"""What the instances of a fleet are made of: the launch template, and which types it is launched with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import pulumi
import pulumi_aws as aws

from infra.components import naming

TEMPLATE_NAME_LIMIT = 128
ROOT_DEVICE = "/dev/xvda"
"""The root volume of Amazon Linux 2023."""


@dataclass(frozen=True, kw_only=True)
class VolumeArgs:
    """The root volume, gp3 and encrypted.

    Attributes:
        size: in GiB.
        iops, throughput: operations and MiB a second; None is what every gp3 has, 3,000 and 125.
        kms_key_arn: key that it is encrypted with; None is AWS's own. A key of one's own must let the
            service-linked role of auto-scaling use it, or no instance starts.
    """

    size: int
    iops: int | None = None
    throughput: int | None = None
    kms_key_arn: pulumi.Input[str] | None = None


@dataclass(frozen=True, kw_only=True)
class SpotArgs:
    """How much of a fleet is spare capacity, which costs a third and can be called back in two minutes.

    Attributes:
        percent: of the instances above the base.
        on_demand_base: instances that never are.
    """

    percent: int
    on_demand_base: int


@dataclass(frozen=True, kw_only=True)
class MachineArgs:
    """
    Attributes:
        image_id: Amazon Linux 2023 for the instance types' architecture.
        instance_types: such as `t4g.small`, the most wanted first.
        user_data: cloud-init document, base64.
        description: says which configuration the instances run with; when it changes, instances are replaced.
        instance_profile_arn: who the instances are.
        volume: the root volume.
        spot: how much is spare capacity; None is none.
        detailed_monitoring: metrics every minute in place of every five: what scaling sees.
        cpu_credits: of burstable types: `unlimited` pays for what is used beyond the credits, `standard` is
            slowed down. None is the type's own.
        tags: on instances and volumes; the provider's default tags do not reach these.
    """

    image_id: pulumi.Input[str]
    instance_types: Sequence[str]
    user_data: pulumi.Input[str]
    description: pulumi.Input[str]
    instance_profile_arn: pulumi.Input[str]
    volume: VolumeArgs
    spot: SpotArgs | None = None
    detailed_monitoring: bool = True
    cpu_credits: Literal["standard", "unlimited"] | None = None
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def mixed(self) -> bool:
        """Whether a group needs to be told how to choose among types and ways to pay."""
        return len(self.instance_types) > 1 or self.spot is not None


def launch_template(
    name: str, args: MachineArgs, security_group: pulumi.Input[str], opts: pulumi.ResourceOptions
) -> aws.ec2.LaunchTemplate:
    """The template from which instances of `name` are launched; each change makes a new version of it."""
    credit: aws.ec2.LaunchTemplateCreditSpecificationArgsDict | None = (
        {"cpu_credits": args.cpu_credits} if args.cpu_credits else None
    )
    return aws.ec2.LaunchTemplate(
        naming.auto(name, TEMPLATE_NAME_LIMIT),
        description=args.description,
        image_id=args.image_id,
        instance_type=args.instance_types[0],
        user_data=args.user_data,
        update_default_version=True,
        iam_instance_profile={"arn": args.instance_profile_arn},
        vpc_security_group_ids=[security_group],
        block_device_mappings=[{"device_name": ROOT_DEVICE, "ebs": _disk(args.volume)}],
        # Version 2 only: a request forged through the service cannot fetch the role's credentials.
        metadata_options={
            "http_endpoint": "enabled",
            "http_tokens": "required",
            "http_put_response_hop_limit": 1,
        },
        monitoring={"enabled": args.detailed_monitoring},
        credit_specification=credit,
        tag_specifications=[{"resource_type": "volume", "tags": args.tags}],
        opts=opts,
    )


def choice(
    args: MachineArgs, template: aws.ec2.LaunchTemplate
) -> aws.autoscaling.GroupMixedInstancesPolicyArgsDict:
    """How a group chooses: on demand in the types' order; spare capacity where AWS has most of it left."""
    spot = args.spot or SpotArgs(percent=0, on_demand_base=0)
    return {
        "instances_distribution": {
            "on_demand_allocation_strategy": "prioritized",
            "on_demand_base_capacity": spot.on_demand_base,
            "on_demand_percentage_above_base_capacity": 100 - spot.percent,
            "spot_allocation_strategy": "capacity-optimized-prioritized",
        },
        "launch_template": {
            "launch_template_specification": {
                "launch_template_id": template.id,
                "version": template.latest_version.apply(str),
            },
            "overrides": [{"instance_type": it} for it in args.instance_types],
        },
    }


def _disk(volume: VolumeArgs) -> aws.ec2.LaunchTemplateBlockDeviceMappingEbsArgsDict:
    disk: aws.ec2.LaunchTemplateBlockDeviceMappingEbsArgsDict = {
        "volume_size": volume.size,
        "volume_type": "gp3",
        "encrypted": "true",
        "delete_on_termination": "true",
    }
    if volume.iops is not None:
        disk["iops"] = volume.iops
    if volume.throughput is not None:
        disk["throughput"] = volume.throughput
    if volume.kms_key_arn is not None:
        disk["kms_key_id"] = volume.kms_key_arn
    return disk

"""What servers and functions run on."""

from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.components import burst
from infra.components.burst import BurstArgs
from tests.scripts.verify.extended.ground import Ground, Maker

IMAGE = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"


def launch_template_tags(_: Ground, name: str, opts: pulumi.ResourceOptions) -> aws.ec2.LaunchTemplate:
    return aws.ec2.LaunchTemplate(
        name,
        name=name,
        image_id="ami-12345678",
        instance_type="t4g.small",
        tag_specifications=[{"resource_type": "instance", "tags": {"Name": name}}],
        tags={"Name": name},
        opts=opts,
    )


def auto_scaling_groups(ground: Ground, name: str, opts: pulumi.ResourceOptions) -> aws.autoscaling.Group:
    template = launch_template_tags(ground, name, opts)
    hook: aws.autoscaling.GroupInitialLifecycleHookArgsDict = {
        "name": "launch",
        "lifecycle_transition": "autoscaling:EC2_INSTANCE_LAUNCHING",
        "heartbeat_timeout": 600,
        "default_result": "ABANDON",
    }
    group = aws.autoscaling.Group(
        name,
        name=name,
        min_size=0,
        max_size=1,
        vpc_zone_identifiers=ground.subnet_ids,
        launch_template={"id": template.id, "version": template.latest_version.apply(str)},
        default_instance_warmup=60,
        max_instance_lifetime=864_000,
        instance_maintenance_policy={"min_healthy_percentage": 100, "max_healthy_percentage": 110},
        initial_lifecycle_hooks=[hook],
        opts=opts,
    )
    aws.autoscaling.LifecycleHook(
        name,
        name="drain",
        autoscaling_group_name=group.name,
        lifecycle_transition="autoscaling:EC2_INSTANCE_TERMINATING",
        heartbeat_timeout=60,
        opts=opts,
    )
    return group


def scaling_policies(ground: Ground, name: str, opts: pulumi.ResourceOptions) -> None:
    group = auto_scaling_groups(ground, name, opts)
    aws.autoscaling.Policy(
        name,
        name="cpu",
        autoscaling_group_name=group.name,
        policy_type="TargetTrackingScaling",
        target_tracking_configuration={
            "predefined_metric_specification": {"predefined_metric_type": "ASGAverageCPUUtilization"},
            "target_value": 50,
        },
        opts=opts,
    )
    args = BurstArgs(
        namespace="AWS/EC2",
        metric="CPUUtilization",
        dimensions={"AutoScalingGroupName": group.name},
        statistic="Average",
        steps={80: 50, 90: 100},
        warm_up=60,
    )
    burst.answer(name, "cpu", group, args, opts)


def an_instance(
    ground: Ground, name: str, opts: pulumi.ResourceOptions, image: pulumi.Input[str] = "ami-12345678"
) -> None:
    aws.ec2.Instance(
        name,
        ami=image,
        instance_type="t4g.nano",
        subnet_id=ground.subnets[0].id,
        vpc_security_group_ids=[ground.group.id],
        maintenance_options={"auto_recovery": "disabled"},
        opts=opts,
    )


def public_images(ground: Ground, name: str, opts: pulumi.ResourceOptions) -> None:
    image = aws.ssm.get_parameter_output(name=IMAGE, opts=pulumi.InvokeOutputOptions(parent=opts.parent))
    an_instance(ground, name, opts, image.value)


def security_group_rules(ground: Ground, name: str, opts: pulumi.ResourceOptions) -> None:
    aws.vpc.SecurityGroupIngressRule(
        name,
        security_group_id=ground.group.id,
        referenced_security_group_id=ground.group.id,
        ip_protocol="tcp",
        from_port=80,
        to_port=80,
        description="from itself",
        opts=opts,
    )


def a_function(ground: Ground, name: str, opts: pulumi.ResourceOptions, **more: Any) -> aws.lambda_.Function:
    return aws.lambda_.Function(
        name,
        name=name,
        role=ground.role.arn,
        runtime="python3.13",
        handler="it.handle",
        s3_bucket=ground.code.bucket,
        s3_key=ground.code.key,
        opts=opts,
        **more,
    )


def function_versions(ground: Ground, name: str, opts: pulumi.ResourceOptions) -> None:
    log = aws.cloudwatch.LogGroup(name, name=f"/aws/lambda/{name}", opts=opts)
    logging = {"log_format": "JSON", "log_group": log.name}
    function = a_function(ground, name, opts, publish=True, logging_config=logging)
    alias = aws.lambda_.Alias(
        name, name="live", function_name=function.name, function_version=function.version, opts=opts
    )
    aws.lambda_.ProvisionedConcurrencyConfig(
        name,
        function_name=function.name,
        qualifier=alias.name,
        provisioned_concurrent_executions=1,
        opts=opts,
    )


MAKERS: Mapping[str, Maker] = {
    "auto_scaling_groups": auto_scaling_groups,
    "function_versions": function_versions,
    "instance_recovery": an_instance,
    "launch_template_tags": launch_template_tags,
    "public_images": public_images,
    "scaling_policies": scaling_policies,
    "security_group_rules": security_group_rules,
}

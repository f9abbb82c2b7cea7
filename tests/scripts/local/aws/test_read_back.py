"""What was written reads back: what a second plan of the real provider looks at."""

import json
import urllib.parse
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.scripts.local.aws.test_distribution_origins import first_origin

Aws = Callable[[str], Any]
TAGS = [{"Key": "Stage", "Value": "dev"}]
IMAGE = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"


def rule_descriptions(ec2: Any) -> set[str | None]:
    """Descriptions of three rules: of a range of addresses, of another group, of a prefix list."""
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    group = ec2.create_security_group(GroupName="described", Description="it", VpcId=vpc)["GroupId"]
    lists = ec2.describe_managed_prefix_lists()["PrefixLists"]
    common = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80}
    ec2.authorize_security_group_ingress(
        GroupId=group,
        IpPermissions=[
            {**common, "IpRanges": [{"CidrIp": "10.1.0.0/16", "Description": "range"}]},
            {**common, "UserIdGroupPairs": [{"GroupId": group, "Description": "group"}]},
            {**common, "PrefixListIds": [{"PrefixListId": lists[0]["PrefixListId"], "Description": "list"}]},
        ],
    )
    wanted = [{"Name": "group-id", "Values": [group]}]
    rules = ec2.describe_security_group_rules(Filters=wanted)["SecurityGroupRules"]
    return {rule.get("Description") for rule in rules if not rule["IsEgress"]}


def test_every_rule_of_a_security_group_has_its_description(aws: Aws) -> None:
    assert rule_descriptions(aws("ec2")) == {"range", "group", "list"}


def test_moto_itself_still_describes_ranges_only(moto: Aws) -> None:
    assert rule_descriptions(moto("ec2")) == {"range", None}


@pytest.mark.parametrize("direction", ["ingress", "egress"])
def test_who_revokes_a_rule_twice_is_told_that_its_id_is_gone(aws: Aws, direction: str) -> None:
    assert revoked_twice(aws("ec2"), direction) == "InvalidSecurityGroupRuleId.NotFound"


def test_moto_itself_still_says_that_it_knows_no_such_permission(moto: Aws) -> None:
    assert revoked_twice(moto("ec2"), "egress") == "InvalidPermission.NotFound"


def revoked_twice(ec2: Any, direction: str) -> str:
    """The code of the error with which a rule is revoked by its id a second time."""
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    group = ec2.create_security_group(GroupName="revoked", Description="it", VpcId=vpc)["GroupId"]
    permission = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": "10.1.0.0/16"}]}
    authorize = getattr(ec2, f"authorize_security_group_{direction}")
    [rule] = authorize(GroupId=group, IpPermissions=[permission])["SecurityGroupRules"]
    revoke = getattr(ec2, f"revoke_security_group_{direction}")
    revoke(GroupId=group, SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]])
    with pytest.raises(ClientError) as refused:
        revoke(GroupId=group, SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]])
    return str(refused.value.response["Error"]["Code"])


def launched_tags(ec2: Any) -> list[str]:
    """The types of resources that a launch template tags; it has tags of its own beside."""
    template = ec2.create_launch_template(
        LaunchTemplateName="tagged",
        LaunchTemplateData={"TagSpecifications": [{"ResourceType": "volume", "Tags": TAGS}]},
        TagSpecifications=[{"ResourceType": "launch-template", "Tags": TAGS}],
    )["LaunchTemplate"]
    assert template["Tags"] == TAGS
    id_ = template["LaunchTemplateId"]
    [version] = ec2.describe_launch_template_versions(LaunchTemplateId=id_)["LaunchTemplateVersions"]
    return [it["ResourceType"] for it in version["LaunchTemplateData"]["TagSpecifications"]]


def test_a_launch_template_tags_what_it_launches(aws: Aws) -> None:
    assert launched_tags(aws("ec2")) == ["volume"]


def test_moto_itself_still_adds_the_templates_own_tags(moto: Aws) -> None:
    assert launched_tags(moto("ec2")) == ["volume", "launch-template"]


def redrive_policy(sqs: Any) -> tuple[str, str]:
    """A redrive policy as it was written, and as it reads back."""
    dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    written = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 5}, separators=(",", ":"))
    url = sqs.create_queue(QueueName="work", Attributes={"RedrivePolicy": written})["QueueUrl"]
    read = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]["RedrivePolicy"]
    return written, read


def test_a_redrive_policy_reads_back_to_the_letter_until_it_is_taken_away(aws: Aws) -> None:
    sqs = aws("sqs")
    written, read = redrive_policy(sqs)
    assert read == written
    url = sqs.get_queue_url(QueueName="work")["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": ""})
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert "RedrivePolicy" not in attributes


def test_moto_itself_still_spaces_a_redrive_policy_otherwise(moto: Aws) -> None:
    written, read = redrive_policy(moto("sqs"))
    assert json.loads(read) == json.loads(written)
    assert read != written


def distribution(cloudfront: Any, reference: str) -> dict[str, Any]:
    first_origin(cloudfront, reference)
    listed = cloudfront.list_distributions()["DistributionList"]["Items"]
    ids = [it["Id"] for it in listed]
    found = (cloudfront.get_distribution_config(Id=id_)["DistributionConfig"] for id_ in ids)
    return next(it for it in found if it["CallerReference"] == reference)


def test_a_behaviour_with_a_cache_policy_forwards_what_the_policy_says(aws: Aws) -> None:
    config = distribution(aws("cloudfront"), "with-policy")
    assert "ForwardedValues" not in config["DefaultCacheBehavior"]
    assert "SSLSupportMethod" not in config["ViewerCertificate"]


def test_moto_itself_still_adds_forwarded_values_and_a_way_to_negotiate(moto: Aws) -> None:
    config = distribution(moto("cloudfront"), "with-policy")
    assert "ForwardedValues" in config["DefaultCacheBehavior"]
    assert config["ViewerCertificate"]["SSLSupportMethod"] == "sni-only"


def identity_tags(sesv2: Any) -> list[dict[str, str]]:
    sesv2.create_email_identity(EmailIdentity="shop@example.com", Tags=TAGS)
    arn = "arn:aws:ses:us-east-1:123456789012:identity/shop@example.com"
    tags: list[dict[str, str]] = sesv2.list_tags_for_resource(ResourceArn=arn)["Tags"]
    return tags


def test_an_email_identity_has_its_tags(aws: Aws) -> None:
    assert identity_tags(aws("sesv2")) == TAGS


def test_moto_itself_still_keeps_an_identitys_tags_elsewhere(moto: Aws) -> None:
    assert identity_tags(moto("sesv2")) == []


def test_the_image_of_a_public_parameter_is_described_and_on_no_list(aws: Aws) -> None:
    ec2 = aws("ec2")
    id_ = aws("ssm").get_parameter(Name=IMAGE)["Parameter"]["Value"]
    [image] = ec2.describe_images(ImageIds=[id_])["Images"]
    assert (image["ImageId"], image["Architecture"], image["RootDeviceName"]) == (id_, "arm64", "/dev/xvda")
    assert ec2.describe_images()["Images"] == []
    assert ec2.describe_snapshots()["Snapshots"] == []
    with pytest.raises(ClientError, match="InvalidAMIID"):
        ec2.describe_images(ImageIds=["ami-00000000000000000"])


def scaling_policy(autoscaling: Any, ec2: Any, **more: Any) -> dict[str, Any]:
    if not autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=["fleet"])["AutoScalingGroups"]:
        data = {"ImageId": "ami-12345678", "InstanceType": "t4g.small"}
        ec2.create_launch_template(LaunchTemplateName="fleet", LaunchTemplateData=data)
        autoscaling.create_auto_scaling_group(
            AutoScalingGroupName="fleet",
            LaunchTemplate={"LaunchTemplateName": "fleet"},
            MinSize=0,
            MaxSize=0,
            AvailabilityZones=["us-east-1a"],
        )
    metric = {"PredefinedMetricType": "ASGAverageCPUUtilization"}
    answer = autoscaling.put_scaling_policy(
        AutoScalingGroupName="fleet",
        PolicyName="cpu",
        PolicyType="TargetTrackingScaling",
        TargetTrackingConfiguration={"PredefinedMetricSpecification": metric, "TargetValue": 50.0},
        **more,
    )
    [policy] = autoscaling.describe_policies(PolicyNames=["cpu"])["ScalingPolicies"]
    return {**policy, "ARN as it was put": answer.get("PolicyARN")}


def test_a_scaling_policy_says_its_arn_and_whether_it_is_on_and_predicts_nothing_by_itself(aws: Aws) -> None:
    policy = scaling_policy(aws("autoscaling"), aws("ec2"))
    assert policy["Enabled"]
    assert policy["ARN as it was put"] == policy["PolicyARN"]
    assert "PredictiveScalingConfiguration" not in policy
    assert not scaling_policy(aws("autoscaling"), aws("ec2"), Enabled=False)["Enabled"]


def test_moto_itself_still_forgets_whether_a_policy_is_on_and_its_arn_once_it_is_put(moto: Aws) -> None:
    policy = scaling_policy(moto("autoscaling"), moto("ec2"))
    assert policy["ARN as it was put"] is None
    assert "Enabled" not in policy
    assert "PredictiveScalingConfiguration" in policy


def tier(cognito: Any) -> tuple[Any, Any]:
    """The feature plan of a pool that was told one, and after an update that does not name it."""
    pool = cognito.create_user_pool(PoolName="people", UserPoolTier="PLUS")["UserPool"]["Id"]
    created = cognito.describe_user_pool(UserPoolId=pool)["UserPool"].get("UserPoolTier")
    cognito.update_user_pool(UserPoolId=pool)
    return created, cognito.describe_user_pool(UserPoolId=pool)["UserPool"].get("UserPoolTier")


def test_a_user_pool_keeps_its_feature_plan(aws: Aws) -> None:
    assert tier(aws("cognito-idp")) == ("PLUS", "PLUS")
    pool = aws("cognito-idp").create_user_pool(PoolName="plain")["UserPool"]
    assert pool["UserPoolTier"] == "ESSENTIALS"


def test_moto_itself_still_forgets_the_feature_plan(moto: Aws) -> None:
    assert tier(moto("cognito-idp")) == ("PLUS", None)


def vault(backup: Any) -> str:
    """The ARN of a vault with tags."""
    arn: str = backup.create_backup_vault(BackupVaultName="kept", BackupVaultTags={"Stage": "dev"})[
        "BackupVaultArn"
    ]
    return arn


def tags_at(backup: Any, arn: str) -> dict[str, str]:
    """The tags of a thing, asked for as the provider does: without a slash at the end of the path."""
    url = f"{backup.meta.endpoint_url}/tags/{urllib.parse.quote(arn, safe='')}"
    signed = {"Authorization": "AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/backup/aws4_request"}
    asked = urllib.request.Request(url, headers=signed)  # noqa: S310 - our own server
    with urllib.request.urlopen(asked) as answer:  # noqa: S310 - as above
        tags: dict[str, str] = json.load(answer)["Tags"]
    return tags


def test_a_backup_vault_has_its_tags_and_no_recovery_points(aws: Aws) -> None:
    backup = aws("backup")
    arn = vault(backup)
    assert backup.list_tags(ResourceArn=arn)["Tags"] == tags_at(backup, arn) == {"Stage": "dev"}
    assert backup.list_recovery_points_by_backup_vault(BackupVaultName="kept")["RecoveryPoints"] == []


def test_moto_itself_still_lacks_recovery_points_and_wants_a_slash(moto: Aws) -> None:
    backup = moto("backup")
    arn = vault(backup)
    assert tags_at(backup, arn) == {}
    with pytest.raises(ClientError, match="404"):
        backup.list_recovery_points_by_backup_vault(BackupVaultName="kept")


def rotation(kms: Any, **period: int) -> dict[str, Any]:
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.enable_key_rotation(KeyId=key, **period)
    status: dict[str, Any] = kms.get_key_rotation_status(KeyId=key)
    return status


def test_a_key_says_how_often_it_is_replaced(aws: Aws) -> None:
    kms = aws("kms")
    assert rotation(kms)["RotationPeriodInDays"] == 365
    assert rotation(kms, RotationPeriodInDays=90)["RotationPeriodInDays"] == 90
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    assert "RotationPeriodInDays" not in kms.get_key_rotation_status(KeyId=key)


def test_moto_itself_still_forgets_how_often_a_key_is_replaced(moto: Aws) -> None:
    assert "RotationPeriodInDays" not in rotation(moto("kms"), RotationPeriodInDays=90)


def recovery(ec2: Any, **options: Any) -> str | None:
    """Whether an instance that was started with these options recovers by itself."""
    [started] = ec2.run_instances(ImageId="ami-12345678", MinCount=1, MaxCount=1, **options)["Instances"]
    [found] = ec2.describe_instances(InstanceIds=[started["InstanceId"]])["Reservations"][0]["Instances"]
    told: str | None = found.get("MaintenanceOptions", {}).get("AutoRecovery")
    return told


def test_an_instance_says_whether_it_recovers_by_itself(aws: Aws) -> None:
    assert recovery(aws("ec2")) == "default"
    assert recovery(aws("ec2"), MaintenanceOptions={"AutoRecovery": "disabled"}) == "disabled"


def test_moto_itself_still_forgets_whether_an_instance_recovers(moto: Aws) -> None:
    assert recovery(moto("ec2"), MaintenanceOptions={"AutoRecovery": "disabled"}) is None

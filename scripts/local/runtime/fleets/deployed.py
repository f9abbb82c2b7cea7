"""What the instances of a group are to become, and what they are told, as AWS has it."""

from collections.abc import Mapping

from scripts.local.runtime.aws_client import Aws
from scripts.local.runtime.fleets import user_data
from scripts.local.runtime.fleets.user_data import Description


async def description(aws: Aws, template: Mapping[str, str], group: str) -> Description:
    """Return what the user data of a launch template's version says; `group` is whose it is, for errors.

    Raises:
        LocalRuntimeError: the user data is none that can be followed.
    """
    identifier, version = template["LaunchTemplateId"], template["Version"]
    answer = await aws.call(
        "ec2", "describe_launch_template_versions", LaunchTemplateId=identifier, Versions=[version]
    )
    data = answer["LaunchTemplateVersions"][0]["LaunchTemplateData"]
    origin = f"the auto-scaling group {group!r} (launch template {identifier}, version {version})"
    return user_data.read(data.get("UserData", ""), origin)


async def parameters(aws: Aws, described: Description) -> dict[str, str]:
    """Return the parameters that an instance reads at its start, by the last element of their names."""
    answer = await aws.collect(
        "ssm", "get_parameters_by_path", Path=described.parameters, WithDecryption=True
    )
    return {one["Name"].rpartition("/")[2]: one["Value"] for one in answer["Parameters"]}

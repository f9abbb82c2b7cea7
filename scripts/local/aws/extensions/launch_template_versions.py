"""EC2: a new version of a launch template takes over what it does not say, and can be launched from.

Needed for moto 5.2.5, which forgets the source of a version, and fails to launch from one that has user data.
"""

from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.models.launch_templates import LaunchTemplateVersion
from moto.ec2.responses.launch_templates import LaunchTemplates
from moto.ec2.utils import parse_user_data

_create = LaunchTemplates.create_launch_template_version


def install() -> None:
    """Take over what is not said."""
    LaunchTemplates.create_launch_template_version = _create_from_source  # type: ignore[method-assign]


def _create_from_source(self: LaunchTemplates) -> ActionResult:
    result: Any = _create(self)
    told = result.result["LaunchTemplateVersion"]
    template = self.ec2_backend.get_launch_template(told["LaunchTemplateId"])
    version, source = template.get_version(told["VersionNumber"]), self._get_param("SourceVersion")
    if "UserData" in version.data:
        version.data["UserData"] = parse_user_data(version.data["UserData"])
    if source:
        said = {key: value for key, value in version.data.items() if value}
        complete = {**template.get_version(source).data, **said}
        LaunchTemplateVersion.__init__(version, template, version.number, complete, version.description)
        told["LaunchTemplateData"] = version.data
    answer: ActionResult = result
    return answer

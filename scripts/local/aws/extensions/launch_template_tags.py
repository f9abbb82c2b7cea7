"""EC2: a launch template tags what it launches, and is not among that.

Needed for moto 5.2.5, which adds a template's own tags to the tags of what is launched from it.
"""

from typing import Any

from moto.ec2.models.launch_templates import LaunchTemplate, LaunchTemplateBackend

_create = LaunchTemplateBackend.create_launch_template
OWN = "launch-template"


def install() -> None:
    """Keep a template's own tags out of what it says of instances and volumes."""
    LaunchTemplateBackend.create_launch_template = _create_apart  # type: ignore[method-assign]


def _create_apart(
    self: LaunchTemplateBackend,
    name: str,
    description: str,
    template_data: dict[str, Any],
    tag_spec: dict[str, Any],
) -> LaunchTemplate:
    specifications = template_data.get("TagSpecifications", [])
    others = [it for it in specifications if it["ResourceType"] != OWN]
    return _create(self, name, description, {**template_data, "TagSpecifications": others}, tag_spec)

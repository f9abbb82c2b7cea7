"""aws:athena: who asks, and what a question may cost."""

from scripts.local.engine.registry import Created, creates
from scripts.local.engine.resource import Resource, tag_list

NAMES = {"kmsKeyArn": "KmsKey"}


@creates("aws:athena/workgroup:Workgroup")
def workgroup(resource: Resource) -> Created:
    """Create a workgroup."""
    resource.without_effect("forceDestroy")
    tags = tag_list(resource.take_tags())
    name = resource.take_name(limit=128)
    resource.send("athena", "create_work_group", resource.rest(), NAMES, Name=name, Tags=tags)
    return name, {"name": name, "arn": resource.arn("athena", f"workgroup/{name}")}

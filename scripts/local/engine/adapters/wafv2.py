"""aws:wafv2: web ACLs, their logs, and what they stand before."""

from scripts.local.engine.registry import Created, creates
from scripts.local.engine.resource import Resource, tag_list

NAME_LIMIT = 128


@creates("aws:wafv2/webAcl:WebAcl")
def web_acl(resource: Resource) -> Created:
    """Create a web ACL with its rules."""
    tags = tag_list(resource.take_tags())
    name = resource.take_name(limit=NAME_LIMIT)
    created = resource.send("wafv2", "create_web_acl", resource.rest(), Name=name, Tags=tags)["Summary"]
    return created["Id"], {"arn": created["ARN"], "name": name, "lockToken": created["LockToken"]}


@creates("aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration")
def logging_configuration(resource: Resource) -> Created:
    """Say where a web ACL logs to."""
    arn = resource.inputs["resourceArn"]
    resource.send("wafv2", "put_logging_configuration", {"loggingConfiguration": resource.rest()})
    return arn, {}


@creates("aws:wafv2/webAclAssociation:WebAclAssociation")
def association(resource: Resource) -> Created:
    """Put a web ACL before something of its region."""
    id_ = f"{resource.inputs['webAclArn']},{resource.inputs['resourceArn']}"
    resource.send("wafv2", "associate_web_acl", resource.rest())
    return id_, {}

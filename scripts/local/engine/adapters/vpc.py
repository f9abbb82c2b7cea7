"""aws:vpc: the rules of security groups."""

from scripts.local.engine.adapters.ec2 import tagged
from scripts.local.engine.registry import Created, creates
from scripts.local.engine.resource import Resource


@creates("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
def ingress_rule(resource: Resource) -> Created:
    """Let somebody in."""
    return _rule(resource, "authorize_security_group_ingress")


@creates("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule")
def egress_rule(resource: Resource) -> Created:
    """Let somebody out."""
    return _rule(resource, "authorize_security_group_egress")


def _rule(resource: Resource, operation: str) -> Created:
    tags = tagged(resource, "security-group-rule")
    described = {"Description": resource.take("description")} if "description" in resource.inputs else {}
    peers = {
        "IpRanges": ("cidrIpv4", "CidrIp"),
        "Ipv6Ranges": ("cidrIpv6", "CidrIpv6"),
        "PrefixListIds": ("prefixListId", "PrefixListId"),
        "UserIdGroupPairs": ("referencedSecurityGroupId", "GroupId"),
    }
    permission = {
        member: [{name: resource.take(key), **described}]
        for member, (key, name) in peers.items()
        if key in resource.inputs
    }
    permission["IpProtocol"] = resource.take("ipProtocol")
    for key, member in (("fromPort", "FromPort"), ("toPort", "ToPort")):
        if key in resource.inputs:
            permission[member] = resource.take(key)
    group = resource.take("securityGroupId")
    rules = resource.call("ec2", operation, GroupId=group, IpPermissions=[permission], **tags)
    rule = rules["SecurityGroupRules"][0]["SecurityGroupRuleId"]
    return rule, {"securityGroupRuleId": rule, "arn": resource.arn("ec2", f"security-group-rule/{rule}")}

"""aws:iam: roles, what they may do, and the profiles by which instances have them."""

import json
from typing import Any

from scripts.local.engine.registry import Created, creates
from scripts.local.engine.resource import Resource, tag_list

ROLE_NAME_LIMIT = 64
PROFILE_NAME_LIMIT = 128


@creates("aws:iam/role:Role")
def role(resource: Resource) -> Created:
    """Create a role."""
    resource.without_effect("forceDetachPolicies")
    tags = tag_list(resource.take_tags())
    name = resource.take_name(limit=ROLE_NAME_LIMIT)
    trust = _document(resource.take("assumeRolePolicy"))
    created = resource.send(
        "iam", "create_role", resource.rest(), RoleName=name, AssumeRolePolicyDocument=trust, Tags=tags
    )["Role"]
    return name, {"name": name, "arn": created["Arn"], "uniqueId": created["RoleId"]}


@creates("aws:iam/rolePolicy:RolePolicy")
def role_policy(resource: Resource) -> Created:
    """Write an inline policy into a role."""
    name = resource.take_name(limit=128)
    role_name = resource.take("role")
    resource.call(
        "iam",
        "put_role_policy",
        RoleName=role_name,
        PolicyName=name,
        PolicyDocument=_document(resource.take("policy")),
    )
    return f"{role_name}:{name}", {"name": name}


@creates("aws:iam/rolePolicyAttachment:RolePolicyAttachment")
def role_policy_attachment(resource: Resource) -> Created:
    """Attach a managed policy to a role."""
    role_name, arn = resource.take("role"), resource.take("policyArn")
    resource.call("iam", "attach_role_policy", RoleName=role_name, PolicyArn=arn)
    return f"{role_name}-{arn}", {}


@creates("aws:iam/instanceProfile:InstanceProfile")
def instance_profile(resource: Resource) -> Created:
    """Create an instance profile and put its role into it."""
    tags = tag_list(resource.take_tags())
    name = resource.take_name(limit=PROFILE_NAME_LIMIT)
    role_name = resource.take("role")
    created = resource.send(
        "iam", "create_instance_profile", resource.rest(), InstanceProfileName=name, Tags=tags
    )["InstanceProfile"]
    if role_name:
        resource.call("iam", "add_role_to_instance_profile", InstanceProfileName=name, RoleName=role_name)
    return name, {"name": name, "arn": created["Arn"], "uniqueId": created["InstanceProfileId"]}


@creates("aws:iam/policy:Policy")
def policy(resource: Resource) -> Created:
    """Create a managed policy of one's own."""
    tags = tag_list(resource.take_tags())
    name = resource.take_name(limit=PROFILE_NAME_LIMIT)
    document = _document(resource.take("policy"))
    created = resource.send(
        "iam", "create_policy", resource.rest(), PolicyName=name, PolicyDocument=document, Tags=tags
    )["Policy"]
    return created["Arn"], {"name": name, "arn": created["Arn"], "policyId": created["PolicyId"]}


@creates("aws:iam/openIdConnectProvider:OpenIdConnectProvider")
def open_id_connect_provider(resource: Resource) -> Created:
    """Say whose tokens the account believes."""
    tags = tag_list(resource.take_tags())
    names = {"clientIdLists": "ClientIDList", "thumbprintLists": "ThumbprintList"}
    created = resource.send("iam", "create_open_id_connect_provider", resource.rest(), names, Tags=tags)
    arn = created["OpenIDConnectProviderArn"]
    return arn, {"arn": arn}


def _document(policy: Any) -> str:
    """Return a policy document as text: programs give it as JSON or as what JSON is made of."""
    return policy if isinstance(policy, str) else json.dumps(policy)

"""aws:cognito: user pools, their clients and groups."""

from scripts.local.engine.registry import Created, creates
from scripts.local.engine.resource import Resource

NAME_LIMIT = 128

NAMES = {
    "attributesRequireVerificationBeforeUpdates": "AttributesRequireVerificationBeforeUpdate",
    "configurationSet": "ConfigurationSet",
    "fromEmailAddress": "From",
}


@creates("aws:cognito/userPool:UserPool")
def user_pool(resource: Resource) -> Created:
    """Create a user pool, then say which second factors it takes: AWS wants that in a call of its own."""
    tags = resource.take_tags()
    name = resource.take_name(limit=NAME_LIMIT)
    factors = resource.take_all("mfaConfiguration", "softwareTokenMfaConfiguration")
    values = {"policies": {"passwordPolicy": resource.take("passwordPolicy", {})}, **resource.rest()}
    created = resource.send(
        "cognito-idp", "create_user_pool", values, NAMES, PoolName=name, UserPoolTags=tags
    )["UserPool"]
    pool = created["Id"]
    resource.send("cognito-idp", "set_user_pool_mfa_config", factors, UserPoolId=pool)
    endpoint = f"cognito-idp.{resource.region}.amazonaws.com/{pool}"
    return pool, {"arn": created["Arn"], "name": name, "endpoint": endpoint}


@creates("aws:cognito/userPoolClient:UserPoolClient")
def user_pool_client(resource: Resource) -> Created:
    """Create a client of a user pool."""
    name = resource.take_name(limit=NAME_LIMIT)
    created = resource.send("cognito-idp", "create_user_pool_client", resource.rest(), ClientName=name)[
        "UserPoolClient"
    ]
    return created["ClientId"], {"name": name}


@creates("aws:cognito/userGroup:UserGroup")
def user_group(resource: Resource) -> Created:
    """Create a group of users."""
    name = resource.take_name(limit=NAME_LIMIT)
    values = resource.rest()
    resource.send("cognito-idp", "create_group", values, GroupName=name)
    return f"{values['userPoolId']}/{name}", {"name": name}

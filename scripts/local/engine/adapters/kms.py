"""aws:kms: keys and the names they go by."""

from scripts.local.engine.registry import Created, creates
from scripts.local.engine.resource import Resource

NAMES = {"customerMasterKeySpec": "KeySpec"}


@creates("aws:kms/key:Key")
def key(resource: Resource) -> Created:
    """Create a key, and let it be rotated where that is wanted."""
    resource.without_effect("deletionWindowInDays", "bypassPolicyLockoutSafetyCheck")
    tags = [{"TagKey": name, "TagValue": value} for name, value in resource.take_tags().items()]
    rotated = resource.take("enableKeyRotation", default=False)
    period = resource.take("rotationPeriodInDays", 365)
    created = resource.send("kms", "create_key", resource.rest(), NAMES, Tags=tags)["KeyMetadata"]
    if rotated:
        resource.call("kms", "enable_key_rotation", KeyId=created["KeyId"], RotationPeriodInDays=period)
    return created["KeyId"], {"arn": created["Arn"], "keyId": created["KeyId"]}


@creates("aws:kms/alias:Alias")
def alias(resource: Resource) -> Created:
    """Give a key a name."""
    name = resource.take_name(limit=256)
    target = resource.take("targetKeyId")
    resource.call("kms", "create_alias", AliasName=name, TargetKeyId=target)
    return name, {"name": name, "arn": resource.arn("kms", name)}

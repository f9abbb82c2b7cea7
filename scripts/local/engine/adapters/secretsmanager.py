"""aws:secretsmanager: secrets and their values."""

from scripts.local.engine.registry import Created, creates
from scripts.local.engine.resource import Resource, tag_list

NAME_LIMIT = 512


@creates("aws:secretsmanager/secret:Secret")
def secret(resource: Resource) -> Created:
    """Create a secret without a value."""
    resource.without_effect("forceOverwriteReplicaSecret", "recoveryWindowInDays")
    tags = tag_list(resource.take_tags())
    name = resource.take_name(limit=NAME_LIMIT)
    names = {"replicas": "AddReplicaRegions"}
    created = resource.send("secretsmanager", "create_secret", resource.rest(), names, Name=name, Tags=tags)
    return created["ARN"], {"arn": created["ARN"], "name": name}


@creates("aws:secretsmanager/secretVersion:SecretVersion")
def secret_version(resource: Resource) -> Created:
    """Give a secret its value."""
    put = resource.send("secretsmanager", "put_secret_value", resource.rest())
    return f"{put['ARN']}|{put['VersionId']}", {"arn": put["ARN"], "versionId": put["VersionId"]}


@creates("aws:secretsmanager/secretRotation:SecretRotation")
def secret_rotation(resource: Resource) -> Created:
    """Say which function rotates a secret, and when."""
    names = {"rotationLambdaArn": "RotationLambdaARN"}
    rotated = resource.send("secretsmanager", "rotate_secret", resource.rest(), names)
    return rotated["ARN"], {"rotationEnabled": True}

"""aws:lambda: functions, what feeds them, and who may call them."""

from pathlib import Path
from typing import Any

import pulumi

from scripts.local.engine.adapters.s3 import read_file
from scripts.local.engine.registry import Created, creates
from scripts.local.engine.resource import Resource

NAME_LIMIT = 64


@creates("aws:lambda/function:Function")
def function(resource: Resource) -> Created:
    """Create a function from an archive: an object in S3, or a file."""
    resource.without_effect(
        "replaceSecurityGroupsOnDestroy", "replacementSecurityGroupIds", "skipDestroy", "sourceCodeHash"
    )
    tags = resource.take_tags()
    name = resource.take_name(limit=NAME_LIMIT)
    concurrency = resource.take("reservedConcurrentExecutions")
    code = _code(resource)
    network = resource.take("vpcConfig")
    values = {
        "code": code,
        **resource.rest(),
        **({"vpcConfig": {"ipv6AllowedForDualStack": False, **network}} if network else {}),
    }
    created = resource.send("lambda", "create_function", values, FunctionName=name, Tags=tags)
    if concurrency is not None:
        resource.call(
            "lambda",
            "put_function_concurrency",
            FunctionName=name,
            ReservedConcurrentExecutions=concurrency,
        )
    # What is answered to a publishing create is the version; the function's own ARN has no qualifier.
    arn, version = ":".join(created["FunctionArn"].split(":")[:7]), created["Version"]
    return name, {
        "name": name,
        "arn": arn,
        "invokeArn": _invocation(resource, arn),
        "qualifiedArn": f"{arn}:{version}",
        "qualifiedInvokeArn": _invocation(resource, f"{arn}:{version}"),
        "version": version,
    }


@creates("aws:lambda/alias:Alias")
def alias(resource: Resource) -> Created:
    """Give a version of a function a name."""
    name = resource.take_name(limit=128)
    created = resource.send("lambda", "create_alias", resource.rest(), Name=name)
    arn = created["AliasArn"]
    return arn, {"name": name, "arn": arn, "invokeArn": _invocation(resource, arn)}


@creates("aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig")
def function_event_invoke_config(resource: Resource) -> Created:
    """Say how events end whose sender does not wait."""
    values = resource.rest()
    resource.send("lambda", "put_function_event_invoke_config", values)
    qualifier = values.get("qualifier")
    return f"{values['functionName']}{f':{qualifier}' if qualifier else ''}", {}


@creates("aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig")
def provisioned_concurrency_config(resource: Resource) -> Created:
    """Keep environments of a version or alias warm."""
    resource.without_effect("skipDestroy")
    values = resource.rest()
    resource.send("lambda", "put_provisioned_concurrency_config", values)
    return f"{values['functionName']},{values['qualifier']}", {}


@creates("aws:lambda/eventSourceMapping:EventSourceMapping")
def event_source_mapping(resource: Resource) -> Created:
    """Say what feeds a function."""
    tags = resource.take_tags()
    names = {"destinationArn": "Destination"}
    window = resource.take_all("maximumBatchingWindowInSeconds")
    values = {**resource.rest(), **{key: seconds for key, seconds in window.items() if seconds}}
    mapping = resource.send("lambda", "create_event_source_mapping", values, names, Tags=tags)
    return mapping["UUID"], {
        "uuid": mapping["UUID"],
        "arn": mapping["EventSourceMappingArn"],
        "functionArn": mapping["FunctionArn"],
        "state": mapping["State"],
    }


@creates("aws:lambda/permission:Permission")
def permission(resource: Resource) -> Created:
    """Let somebody call a function."""
    statement = resource.take_name("statementId", limit=100)
    names = {"function": "FunctionName"}
    resource.send("lambda", "add_permission", resource.rest(), names, StatementId=statement)
    return statement, {"statementId": statement}


def _code(resource: Resource) -> dict[str, Any]:
    archive = resource.take("code")
    if isinstance(archive, pulumi.FileArchive | pulumi.FileAsset):
        return {"zipFile": read_file(resource, Path(archive.path))}
    return resource.take_all("imageUri", "s3Bucket", "s3Key", "s3ObjectVersion")


def _invocation(resource: Resource, function_arn: str) -> str:
    """Return the address by which an API Gateway calls the function."""
    path = f"path/2015-03-31/functions/{function_arn}/invocations"
    return f"arn:aws:apigateway:{resource.region}:lambda:{path}"

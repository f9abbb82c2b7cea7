"""Pulumi's names as Terraform's: by rule where a rule tells, by a table where none does.

Pulumi's AWS provider is made from Terraform's. A type's token becomes a type by its words, a property an
argument in snake case; lists, which Pulumi calls by their plural, are found by their singular.
"""

import re
from collections.abc import Collection, Iterator, Mapping

TYPES: Mapping[str, str] = {
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": "aws_iam_openid_connect_provider",
    "aws:lb/loadBalancer:LoadBalancer": "aws_lb",
    "aws:rds/instance:Instance": "aws_db_instance",
    "aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication": (
        "aws_db_instance_automated_backups_replication"
    ),
    "aws:rds/parameterGroup:ParameterGroup": "aws_db_parameter_group",
    "aws:rds/proxy:Proxy": "aws_db_proxy",
    "aws:rds/proxyDefaultTargetGroup:ProxyDefaultTargetGroup": "aws_db_proxy_default_target_group",
    "aws:rds/proxyTarget:ProxyTarget": "aws_db_proxy_target",
    "aws:rds/subnetGroup:SubnetGroup": "aws_db_subnet_group",
    "aws:s3/bucketObjectv2:BucketObjectv2": "aws_s3_object",
    "aws:sqs/redriveAllowPolicy:RedriveAllowPolicy": "aws_sqs_queue_redrive_allow_policy",
}
"""Types of resources and data sources that no rule finds, by Pulumi's token."""

PROPERTIES: Mapping[tuple[str, str], str] = {
    ("aws_cloudwatch_metric_alarm", "name"): "alarm_name",
    ("aws_lambda_function", "name"): "function_name",
    ("aws_lambda_permission", "function"): "function_name",
    ("aws_sns_topic_subscription", "topic"): "topic_arn",
}
"""Arguments and attributes that no rule finds, by Terraform's type and Pulumi's property."""


def type_name(token: str, known: Collection[str]) -> str | None:
    """The type among `known` that stands for Pulumi's `token`, such as `aws:sqs/queue:Queue`; None if none.

    It is called after module and name, or after the name alone in EC2 and at the provider's root. The name of
    a function begins with `get`, which Terraform leaves out.
    """
    if token in TYPES:
        return TYPES[token]
    _, module, name = token.split(":")
    module = module.partition("/")[0]
    name = snake(name.removeprefix("get"))
    alone = module in {"ec2", "index", "vpc"}
    candidates = [f"aws_{module}_{name}", *([f"aws_{name}"] if alone else [])]
    return next((it for it in candidates if it in known), None)


def property_name(type_: str, key: str, known: Collection[str]) -> str | None:
    """The argument among `known` that stands for Pulumi's property `key`; None if none does."""
    if (type_, key) in PROPERTIES:
        return PROPERTIES[type_, key]
    return next((it for it in _spellings(snake(key)) if it in known), None)


def snake(name: str) -> str:
    """`camelCase` as `snake_case`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def camel(name: str) -> str:
    """`snake_case` as `camelCase`."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def plural(name: str) -> str:
    """The plural, as Pulumi makes it."""
    if name.endswith("y") and name[-2:-1] not in set("aeiou"):
        return f"{name[:-1]}ies"
    return f"{name}es" if name.endswith(("s", "x", "ch", "sh")) else f"{name}s"


def _spellings(name: str) -> Iterator[str]:
    yield name
    if name.endswith("ies"):
        yield f"{name[:-3]}y"
    if name.endswith("s"):
        yield name[:-1]
    if name.endswith("es"):
        yield name[:-2]

"""What an AWS has, as its read operations tell it, without what is another each time: ids and times."""

import json
import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from scripts.local.engine.clients import Clients

READS: Mapping[str, tuple[str, ...]] = {
    "acm": ("list_certificates",),
    "apigatewayv2": ("get_apis", "get_vpc_links"),
    "athena": ("list_work_groups",),
    "autoscaling": ("describe_auto_scaling_groups", "describe_policies", "describe_scheduled_actions"),
    "backup": ("list_backup_plans", "list_backup_vaults"),
    "cloudfront": ("list_distributions", "list_origin_access_controls"),
    "cloudwatch": ("describe_alarms", "list_dashboards"),
    "dynamodb": ("list_tables",),
    "ec2": (
        "describe_addresses",
        "describe_flow_logs",
        "describe_internet_gateways",
        "describe_launch_templates",
        "describe_nat_gateways",
        "describe_route_tables",
        "describe_security_group_rules",
        "describe_security_groups",
        "describe_subnets",
        "describe_vpc_endpoints",
        "describe_vpcs",
    ),
    "elasticache": ("describe_replication_groups", "describe_cache_subnet_groups"),
    "elbv2": ("describe_load_balancers", "describe_target_groups"),
    "events": ("list_event_buses", "list_rules", "list_archives"),
    "firehose": ("list_delivery_streams",),
    "glue": ("get_databases",),
    "iam": ("list_roles", "list_instance_profiles"),
    "kinesis": ("list_streams",),
    "kms": ("list_aliases",),
    "lambda": ("list_event_source_mappings", "list_functions"),
    "logs": ("describe_log_groups", "describe_metric_filters"),
    "rds": (
        "describe_db_instances",
        "describe_db_parameter_groups",
        "describe_db_proxies",
        "describe_db_subnet_groups",
    ),
    "route53": ("list_health_checks", "list_hosted_zones"),
    "s3": ("list_buckets",),
    "secretsmanager": ("list_secrets",),
    "sesv2": ("list_email_identities",),
    "sns": ("list_subscriptions", "list_topics"),
    "sqs": ("list_queues",),
    "ssm": ("describe_parameters",),
}
"""Operations that need no argument, by service."""

DETAILS: Mapping[tuple[str, str], tuple[tuple[str, str, str], ...]] = {
    ("iam", "list_roles"): (
        ("RoleName", "list_attached_role_policies", "RoleName"),
        ("RoleName", "list_role_policies", "RoleName"),
    ),
    ("s3", "list_buckets"): (
        ("Name", "get_bucket_encryption", "Bucket"),
        ("Name", "get_bucket_lifecycle_configuration", "Bucket"),
        ("Name", "get_bucket_policy", "Bucket"),
        ("Name", "get_bucket_versioning", "Bucket"),
        ("Name", "get_public_access_block", "Bucket"),
        ("Name", "list_objects_v2", "Bucket"),
    ),
    ("sqs", "list_queues"): (("", "get_queue_attributes", "QueueUrl"),),
    ("sns", "list_topics"): (("TopicArn", "get_topic_attributes", "TopicArn"),),
    ("dynamodb", "list_tables"): (("", "describe_table", "TableName"),),
    ("kinesis", "list_streams"): (("", "describe_stream_summary", "StreamName"),),
    ("apigatewayv2", "get_apis"): (
        ("ApiId", "get_routes", "ApiId"),
        ("ApiId", "get_integrations", "ApiId"),
        ("ApiId", "get_stages", "ApiId"),
    ),
    ("elbv2", "describe_load_balancers"): (
        ("LoadBalancerArn", "describe_listeners", "LoadBalancerArn"),
        ("LoadBalancerArn", "describe_load_balancer_attributes", "LoadBalancerArn"),
    ),
    ("elbv2", "describe_target_groups"): (
        ("TargetGroupArn", "describe_target_group_attributes", "TargetGroupArn"),
    ),
    ("autoscaling", "describe_auto_scaling_groups"): (
        ("AutoScalingGroupName", "describe_lifecycle_hooks", "AutoScalingGroupName"),
    ),
    ("ec2", "describe_launch_templates"): (
        ("LaunchTemplateId", "describe_launch_template_versions", "LaunchTemplateId"),
    ),
    ("cloudwatch", "list_dashboards"): (("DashboardName", "get_dashboard", "DashboardName"),),
}
"""What is asked about each thing that an operation lists: by which member ("" is the thing), and as what."""

VARIES = re.compile(
    r"(Time|Date|Timestamp|At|Token|Id|RevisionId|ETag|Marker|Fingerprint|LastModified|CreatedBy"
    r"|CallerReference|ChecksumAlgorithm|HeaderValue|SecretVersionsToStages|Size)$"
)
"""Members that are another each time, say only when, or how a client sent what it did."""

NOISE: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"http://127\.0\.0\.1:\d+"), "<endpoint>"),
    (re.compile(r"\b([a-z]+)-[0-9a-f]{8}(?:[0-9a-f]{9})?\b"), r"<\1>"),
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"), "<uuid>"),
    (re.compile(r"/[0-9a-f]{16}\b"), "/<id>"),
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[^\"]*"), "<time>"),
    (re.compile(r"\b(?:\d{1,3}\.){3}\d{1,3}\b(?!/)"), "<address>"),
    (re.compile(r"\bip-(?:\d+-){3}\d+\b"), "<address>"),
    (re.compile(r"\b[0-9A-Z]{13,14}\b"), "<id>"),
    (re.compile(r"\b[a-z0-9]{8,13}(?=\.(?:execute-api|cloudfront|[a-z0-9-]+\.rds))"), "<id>"),
    (re.compile(r"(?<=\.)[a-z0-9]{6}(?=\.\w+\.cache\.)"), "<id>"),
    (re.compile(r"(?<=:auto-backup:)ab-\w+"), "<id>"),
    (re.compile(r"(?<=:db-proxy:)prx-\w+"), "<id>"),
    (re.compile(r"\b([a-z]+-[a-z]+-\d)_[0-9a-f]{32}\b"), r"\1_<id>"),  # a pool of users
    (re.compile(r"^[0-9a-z]{26}$"), "<id>"),  # a client of one
    (re.compile(r"(?<=^integrations/)\w+$"), "<id>"),
    (re.compile(r"(?<=^Configuration )[0-9a-f]{12}$"), "<digest>"),
    (re.compile(r"(:secret:[\w/-]+)-\w{6}\b"), r"\1-<id>"),
)
"""Texts that are another each time: ids, addresses, times."""

World = Mapping[str, list[str]]
"""What an AWS has: the things that each operation tells of, as JSON in one order."""


def describe(endpoint: str, regions: tuple[str, ...]) -> World:
    """Everything in the AWS at `endpoint`, by region and operation."""
    clients = Clients(endpoint)
    world: dict[str, list[str]] = {}
    for region in regions:
        for service, operations in READS.items():
            client = clients.client(service, region)
            for operation in operations:
                for name, things in _asked(client, service, operation):
                    world.setdefault(f"{region} {service} {name}", []).extend(things)
    return {name: sorted(things) for name, things in world.items()}


def _asked(client: Any, service: str, operation: str) -> Iterator[tuple[str, list[str]]]:
    """What an operation tells, and what is asked about each thing in it."""
    things = list(_things(client, operation, {}))
    yield operation, [_plain(thing) for thing in things]
    for member, detail, argument in DETAILS.get((service, operation), ()):
        for thing in things:
            told = _things(client, detail, {argument: thing[member] if member else thing})
            yield detail, [_plain(it) for it in told]


def _things(client: Any, operation: str, arguments: Mapping[str, Any]) -> Iterator[Any]:
    """The things in each page of an answer; an answer without a list is a thing itself."""
    if client.can_paginate(operation):
        pages = client.get_paginator(operation).paginate(**arguments)
    else:
        pages = [_answer(client, operation, arguments)]
    for page in pages:
        content = {key: value for key, value in page.items() if key != "ResponseMetadata"}
        values = [it.get("Items") if isinstance(it, Mapping) else it for it in content.values()]
        if listed := [it for it in values if isinstance(it, list)]:
            yield from (thing for each in listed for thing in each)
        elif content:
            yield content


def _answer(client: Any, operation: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    """An answer; what is not set, such as the policy of a bucket without one, is an empty one."""
    more = {"AttributeNames": ["All"]} if operation == "get_queue_attributes" else {}
    try:
        answer: Mapping[str, Any] = getattr(client, operation)(**arguments, **more)
    except (ClientError, BotoCoreError) as error:
        return {"error": type(error).__name__}
    return answer


def _plain(thing: Any) -> str:
    """A thing as JSON, without what is another each time."""
    return json.dumps(_kept(thing), sort_keys=True, default=str)


def _kept(value: Any) -> Any:
    """A value in one order; what is empty is not there."""
    if isinstance(value, Mapping):
        if value.get("Name") == "ApiId":  # a dimension of a metric
            return {"Name": "ApiId"}
        kept = {key: _kept(item) for key, item in value.items() if not VARIES.search(str(key))}
        return {key: item for key, item in kept.items() if item not in ([], {}, None)}
    if isinstance(value, list):
        without_ids = (item for before, item in pairwise([None, *value]) if before != "ApiId")
        return sorted((_kept(item) for item in without_ids), key=_ordered)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and value.startswith(("{", "[")):
        try:
            return _kept(json.loads(value))
        except ValueError:
            pass
    return _quiet(value) if isinstance(value, str) else value


def _quiet(text: str) -> str:
    for pattern, instead in NOISE:
        text = pattern.sub(instead, text)
    return text


def _ordered(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)

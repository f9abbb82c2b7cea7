"""aws:cloudwatch: logs and what becomes of them, alarms, dashboards, and, of old, EventBridge."""

from typing import Any

from scripts.local import ACCOUNT
from scripts.local.engine.registry import Created, creates
from scripts.local.engine.resource import Resource, tag_list

LOG_GROUP_NAME_LIMIT = 512
RULE_NAME_LIMIT = 64
ARCHIVE_NAME_LIMIT = 48

TARGET_NAMES = {
    "appsyncTarget": "AppSyncParameters",
    "batchTarget": "BatchParameters",
    "ecsTarget": "EcsParameters",
    "httpTarget": "HttpParameters",
    "inputPaths": "InputPathsMap",
    "kinesisTarget": "KinesisParameters",
    "redshiftTarget": "RedshiftDataParameters",
    "runCommandTargets": "RunCommandParameters",
    "sqsTarget": "SqsParameters",
}


@creates("aws:cloudwatch/logGroup:LogGroup")
def log_group(resource: Resource) -> Created:
    """Create a log group and say how long it keeps its lines."""
    resource.without_effect("skipDestroy")
    tags = resource.take_tags()
    name = resource.take_name(limit=LOG_GROUP_NAME_LIMIT)
    retention = resource.take("retentionInDays", 0)
    resource.send("logs", "create_log_group", resource.rest(), logGroupName=name, tags=tags)
    if retention:  # 0 is for ever
        resource.call("logs", "put_retention_policy", logGroupName=name, retentionInDays=retention)
    return name, {"name": name, "arn": resource.arn("logs", f"log-group:{name}")}


@creates("aws:cloudwatch/metricAlarm:MetricAlarm")
def metric_alarm(resource: Resource) -> Created:
    """Create an alarm."""
    tags = tag_list(resource.take_tags())
    name = resource.take_name()
    queries = [_query(dict(each)) for each in resource.take("metricQueries", [])]
    values = {**resource.rest(), **({"metrics": queries} if queries else {})}
    resource.send("cloudwatch", "put_metric_alarm", values, AlarmName=name, Tags=tags)
    return name, {"name": name, "arn": resource.arn("cloudwatch", f"alarm:{name}")}


def _query(query: dict[str, Any]) -> dict[str, Any]:
    """Return a part of a sum as AWS nests it: what is measured, and over it, how."""
    metric = dict(query.pop("metric", {}))
    how = {key: metric.pop(key) for key in ("period", "stat", "unit") if key in metric}
    return {
        "returnData": False,
        **query,
        **({"metricStat": {**how, "metric": metric}} if metric else {}),
    }


@creates("aws:cloudwatch/compositeAlarm:CompositeAlarm")
def composite_alarm(resource: Resource) -> Created:
    """Create an alarm that follows from others."""
    tags = tag_list(resource.take_tags())
    name = resource.take_name("alarmName")
    names = {"okActions": "OKActions"}
    resource.send("cloudwatch", "put_composite_alarm", resource.rest(), names, AlarmName=name, Tags=tags)
    return name, {"arn": resource.arn("cloudwatch", f"alarm:{name}")}


@creates("aws:cloudwatch/dashboard:Dashboard")
def dashboard(resource: Resource) -> Created:
    """Create a dashboard."""
    name = resource.take("dashboardName")
    body = resource.take("dashboardBody")
    resource.call("cloudwatch", "put_dashboard", DashboardName=name, DashboardBody=body)
    return name, {"dashboardArn": f"arn:aws:cloudwatch::{ACCOUNT}:dashboard/{name}"}


@creates("aws:cloudwatch/logStream:LogStream")
def log_stream(resource: Resource) -> Created:
    """Create a log stream in its group."""
    name, group = resource.take_name(limit=LOG_GROUP_NAME_LIMIT), resource.take("logGroupName")
    resource.call("logs", "create_log_stream", logGroupName=group, logStreamName=name)
    return name, {"name": name, "arn": resource.arn("logs", f"log-group:{group}:log-stream:{name}")}


@creates("aws:cloudwatch/eventBus:EventBus")
def event_bus(resource: Resource) -> Created:
    """Create a bus of events."""
    tags = tag_list(resource.take_tags())
    name = resource.take_name(limit=256)
    bus = resource.send("events", "create_event_bus", resource.rest(), Name=name, Tags=tags)
    return name, {"name": name, "arn": bus["EventBusArn"]}


@creates("aws:cloudwatch/eventBusPolicy:EventBusPolicy")
def event_bus_policy(resource: Resource) -> Created:
    """Say who may put events on a bus."""
    bus = resource.take("eventBusName", "default")
    resource.call("events", "put_permission", EventBusName=bus, Policy=resource.take("policy"))
    return bus, {}


@creates("aws:cloudwatch/eventArchive:EventArchive")
def event_archive(resource: Resource) -> Created:
    """Keep a bus's events."""
    name = resource.take_name(limit=ARCHIVE_NAME_LIMIT)
    archive = resource.send("events", "create_archive", resource.rest(), ArchiveName=name)
    return name, {"name": name, "arn": archive["ArchiveArn"]}


@creates("aws:cloudwatch/eventRule:EventRule")
def event_rule(resource: Resource) -> Created:
    """Create a rule, which says what events count."""
    resource.without_effect("forceDestroy")
    tags = tag_list(resource.take_tags())
    name = resource.take_name(limit=RULE_NAME_LIMIT)
    bus = resource.inputs.get("eventBusName", "default")
    rule = resource.send("events", "put_rule", resource.rest(), Name=name, Tags=tags)
    return name if bus == "default" else f"{bus}/{name}", {"name": name, "arn": rule["RuleArn"]}


@creates("aws:cloudwatch/eventTarget:EventTarget")
def event_target(resource: Resource) -> Created:
    """Say to whom the events of a rule go."""
    resource.without_effect("forceDestroy")
    rule, bus = resource.take("rule"), resource.take("eventBusName", "default")
    target_id = resource.take_name("targetId", limit=64)
    target = {"targets": [{"id": target_id, **resource.rest()}]}
    resource.send("events", "put_targets", target, TARGET_NAMES, Rule=rule, EventBusName=bus)
    return f"{bus}-{rule}-{target_id}", {"targetId": target_id}


@creates("aws:cloudwatch/logMetricFilter:LogMetricFilter")
def log_metric_filter(resource: Resource) -> Created:
    """Count the lines of a log group that match a pattern."""
    name = resource.take_name(limit=LOG_GROUP_NAME_LIMIT)
    values = {
        "filterPattern": resource.take("pattern"),
        "metricTransformations": [{"unit": "None", **resource.take("metricTransformation")}],
        **resource.rest(),
    }
    names = {"name": "metricName", "namespace": "metricNamespace", "value": "metricValue"}
    resource.send("logs", "put_metric_filter", values, names, filterName=name)
    return name, {"name": name}


@creates("aws:cloudwatch/logDeliverySource:LogDeliverySource")
def log_delivery_source(resource: Resource) -> Created:
    """Say whose logs are delivered."""
    tags = resource.take_tags()
    created = resource.send("logs", "put_delivery_source", resource.rest(), tags=tags)["deliverySource"]
    return created["name"], {"arn": created["arn"], "service": created["service"]}


@creates("aws:cloudwatch/logDeliveryDestination:LogDeliveryDestination")
def log_delivery_destination(resource: Resource) -> Created:
    """Say where logs are delivered to."""
    tags = resource.take_tags()
    created = resource.send("logs", "put_delivery_destination", resource.rest(), tags=tags)
    destination = created["deliveryDestination"]
    return destination["name"], {"arn": destination["arn"]}


@creates("aws:cloudwatch/logDelivery:LogDelivery")
def log_delivery(resource: Resource) -> Created:
    """Deliver the logs of a source to a destination."""
    tags = resource.take_tags()
    s3 = resource.take("s3DeliveryConfigurations", [])
    values = {**resource.rest(), **({"s3DeliveryConfiguration": s3[0]} if s3 else {})}
    created = resource.send("logs", "create_delivery", values, tags=tags)["delivery"]
    return created["id"], {"arn": created["arn"]}

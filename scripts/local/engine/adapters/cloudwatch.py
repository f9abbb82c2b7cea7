"""aws:cloudwatch: log groups, what becomes of their lines, deliveries of logs, alarms and dashboards."""

from scripts.local import ACCOUNT
from scripts.local.engine.registry import Created, creates
from scripts.local.engine.resource import Resource, tag_list

LOG_GROUP_NAME_LIMIT = 512


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
    names = {"metricQueries": "Metrics"}
    resource.send("cloudwatch", "put_metric_alarm", resource.rest(), names, AlarmName=name, Tags=tags)
    return name, {"name": name, "arn": resource.arn("cloudwatch", f"alarm:{name}")}


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


@creates("aws:cloudwatch/logMetricFilter:LogMetricFilter")
def log_metric_filter(resource: Resource) -> Created:
    """Count the lines of a log group that match a pattern."""
    name = resource.take_name(limit=LOG_GROUP_NAME_LIMIT)
    values = {
        "filterPattern": resource.take("pattern"),
        "metricTransformations": [resource.take("metricTransformation")],
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

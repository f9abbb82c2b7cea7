"""aws:cloudwatch: log groups, what is counted in them, alarms and dashboards."""

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
    """Count what stands in a log."""
    name = resource.take_name(limit=LOG_GROUP_NAME_LIMIT)
    transformation = resource.take("metricTransformation")
    names = {
        "name": "metricName",
        "namespace": "metricNamespace",
        "pattern": "filterPattern",
        "value": "metricValue",
    }
    values = {"metricTransformations": [transformation], **resource.rest()}
    resource.send("logs", "put_metric_filter", values, names, filterName=name)
    return name, {"name": name}

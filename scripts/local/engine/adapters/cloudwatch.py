"""aws:cloudwatch: log groups and alarms."""

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

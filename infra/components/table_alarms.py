"""What is worth an alarm about a table."""

from collections.abc import Sequence

import pulumi

from infra.components.alarms import Alarm

NAMESPACE = "AWS/DynamoDB"
OPERATIONS = ("GetItem", "Query", "PutItem", "UpdateItem", "DeleteItem")
"""What grants allow; DynamoDB counts the failures of each by itself."""
LATENCY = 30_000
"""Milliseconds; a replica is a second behind at most, as a rule."""


def of_table(name: str, table: pulumi.Input[str], *, throttled: int) -> list[Alarm]:
    """Alarms of requests that fail; `name` begins their names, more than `throttled` in five minutes ring."""
    return [
        Alarm(
            name=f"{name}-throttled",
            description=f"Table {name} refuses requests: one key is asked for too often, or it has grown to "
            "its highest throughput.",
            namespace=NAMESPACE,
            metric="ThrottledRequests",
            dimensions={"TableName": table},
            across=("Operation", OPERATIONS),
            statistic="Sum",
            threshold=throttled,
            period=300,
            periods=1,
        ),
        Alarm(
            name=f"{name}-system-errors",
            description=f"DynamoDB fails to answer for table {name}: look at AWS's own status.",
            namespace=NAMESPACE,
            metric="SystemErrors",
            dimensions={"TableName": table},
            across=("Operation", OPERATIONS),
            statistic="Sum",
            threshold=0,
        ),
    ]


def of_replication(name: str, table: pulumi.Input[str], regions: Sequence[str]) -> list[Alarm]:
    """Alarms of writes that do not arrive in other regions."""
    return [
        Alarm(
            name=f"{name}-replication-{region}",
            description=f"What is written to table {name} takes half a minute to reach {region}.",
            namespace=NAMESPACE,
            metric="ReplicationLatency",
            dimensions={"TableName": table, "ReceivingRegion": region},
            threshold=LATENCY,
        )
        for region in regions
    ]

"""What is worth an alarm about a database."""

from collections.abc import Mapping, Sequence

import pulumi

from infra.components import database_class
from infra.components.alarms import Alarm
from infra.components.database_class import GIB

Dimensions = Mapping[str, pulumi.Input[str]]

NAMESPACE = "AWS/RDS"
CREDITS_LEFT = 20
"""CPU credits; one is a vCPU at full load for a minute."""
QUEUE = 64
"""Requests that wait for the disk: far more than a healthy gp3 volume ever has."""
NEARLY = 0.8


def dimensions(identifier: pulumi.Input[str]) -> Dimensions:
    """The dimensions of an instance's metrics."""
    return {"DBInstanceIdentifier": identifier}


def of_primary(
    name: str,
    identifier: pulumi.Input[str],
    *,
    instance_class: str,
    storage: int,
    max_connections: int | None,
) -> list[Alarm]:
    """Alarms of the primary of database `name`; `storage` is in GiB."""
    primary = dimensions(identifier)
    return [
        Alarm(
            name=f"{name}-database-busy",
            description=f"Database {name} is short of CPU: look for slow statements in its log.",
            namespace=NAMESPACE,
            metric="CPUUtilization",
            dimensions=primary,
            threshold=80,
            periods=15,
        ),
        Alarm(
            name=f"{name}-database-full",
            description=f"Database {name} has less than a tenth of its first storage free.",
            namespace=NAMESPACE,
            metric="FreeStorageSpace",
            dimensions=primary,
            comparison="LessThanThreshold",
            statistic="Minimum",
            threshold=storage * GIB / 10,
        ),
        Alarm(
            name=f"{name}-database-queue",
            description=f"Database {name} waits for its disk: look at what it reads, or give it more IOPS.",
            namespace=NAMESPACE,
            metric="DiskQueueDepth",
            dimensions=primary,
            threshold=QUEUE,
            periods=15,
        ),
        *_of_class(name, primary, instance_class, max_connections),
    ]


def _of_class(
    name: str, primary: Dimensions, instance_class: str, max_connections: int | None
) -> list[Alarm]:
    """Alarms whose thresholds follow from the machine."""
    machine = database_class.parse(instance_class)
    connections = max_connections or (machine.connections if machine else None)
    alarms = []
    if machine:
        alarms.append(
            Alarm(
                name=f"{name}-database-memory",
                description=f"Database {name} has less than a twentieth of its memory left: it will swap.",
                namespace=NAMESPACE,
                metric="FreeableMemory",
                dimensions=primary,
                comparison="LessThanThreshold",
                threshold=machine.memory * GIB / 20,
                periods=15,
            )
        )
    if connections:
        alarms.append(
            Alarm(
                name=f"{name}-database-connections",
                description=f"Database {name} soon refuses connections: look who holds them, or add a proxy.",
                namespace=NAMESPACE,
                metric="DatabaseConnections",
                dimensions=primary,
                statistic="Maximum",
                threshold=int(connections * NEARLY),
            )
        )
    if machine and machine.burstable:
        alarms.append(
            Alarm(
                name=f"{name}-database-credits",
                description=f"Database {name} has spent its CPU credits: from now on they cost extra.",
                namespace=NAMESPACE,
                metric="CPUCreditBalance",
                dimensions=primary,
                comparison="LessThanThreshold",
                threshold=CREDITS_LEFT,
                periods=15,
            )
        )
    return alarms


def of_replicas(name: str, identifiers: Sequence[pulumi.Input[str]]) -> list[Alarm]:
    """Alarms of the replicas of database `name`."""
    return [
        Alarm(
            name=f"{name}-replica-{number}-lag",
            description=f"Replica {number} of {name} is more than 30 seconds behind the primary.",
            namespace=NAMESPACE,
            metric="ReplicaLag",
            dimensions=dimensions(identifier),
            threshold=30,
        )
        for number, identifier in enumerate(identifiers, start=1)
    ]


def of_deadlocks(name: str, namespace: str, metric: str) -> Alarm:
    """The alarm of a metric that counts deadlocks in the log."""
    return Alarm(
        name=f"{name}-database-deadlocks",
        description=f"Transactions in database {name} lock each other out: its log says which.",
        namespace=namespace,
        metric=metric,
        dimensions={},
        statistic="Sum",
        threshold=0,
        period=300,
        periods=1,
    )

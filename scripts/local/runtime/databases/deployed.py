"""Database instances, their parameters and their master's login, as AWS describes them."""

import contextlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from scripts.local.runtime.aws_client import Aws
from scripts.local.runtime.errors import LocalRuntimeError
from scripts.local.runtime.servers.postgres import Login

ENGINE = "postgres"

Description = Mapping[str, Any]
"""An item of DescribeDBInstances."""

# What RDS tells of an instance that it has restored: RDS-EVENT-0043 and 0019.
FROM_SNAPSHOT = re.compile(r"Restored from snapshot (\S+)")
FROM_INSTANCE = re.compile(r"Restored from DB instance (\S+) to (.+)")
EVENTS_OF = 14 * 24 * 60  # minutes: as long as RDS remembers


@dataclass(frozen=True, kw_only=True)
class Origin:
    """What an instance is of: a snapshot, or what another one had at a `moment`, None for the latest."""

    snapshot: str = ""
    instance: str = ""
    moment: datetime | None = None


async def instances(aws: Aws) -> dict[str, Description]:
    """Return the PostgreSQL instances by their identifiers."""
    answer = await aws.collect("rds", "describe_db_instances")
    return {
        found["DBInstanceIdentifier"]: found
        for found in answer["DBInstances"]
        if found["Engine"] == ENGINE and found["DBInstanceStatus"] != "deleting"
    }


async def parameters(aws: Aws, description: Description) -> dict[str, str]:
    """Return the parameters that the instance's parameter groups set."""
    found: dict[str, str] = {}
    for group in description["DBParameterGroups"]:
        name = group["DBParameterGroupName"]
        if not name.startswith("default."):
            answer = await aws.collect(
                "rds", "describe_db_parameters", DBParameterGroupName=name, Source="user"
            )
            found |= {one["ParameterName"]: one.get("ParameterValue", "") for one in answer["Parameters"]}
    return found


async def master(aws: Aws, description: Description) -> Login:
    """Return the master user's login from the secret that names the instance: RDS never tells it."""
    listed = await aws.collect("secretsmanager", "list_secrets")
    for secret in listed["SecretList"]:
        with contextlib.suppress(aws.client("secretsmanager").exceptions.ResourceNotFoundException):
            answer = await aws.call("secretsmanager", "get_secret_value", SecretId=secret["ARN"])
            login = _login(answer.get("SecretString", ""), description)
            if login is not None:
                return login
    raise LocalRuntimeError(
        f"No secret in Secrets Manager names the RDS instance {description['DBInstanceIdentifier']!r} (as"
        " dbInstanceIdentifier or host), so its master password is unknown. Deploy a secret of RDS's form"
        " for it; the database starts as soon as it is there."
    )


async def snapshots(aws: Aws) -> dict[str, Mapping[str, Any]]:
    """Return the snapshots that somebody took of PostgreSQL instances, by their identifiers."""
    answer = await aws.collect("rds", "describe_db_snapshots", SnapshotType="manual")
    return {
        found["DBSnapshotIdentifier"]: found
        for found in answer["DBSnapshots"]
        if found["Engine"] == ENGINE and found["Status"] == "available"
    }


async def origin(aws: Aws, description: Description) -> Origin | None:
    """Return what an instance is restored from, None for one that is new."""
    answer = await aws.collect(
        "rds",
        "describe_events",
        SourceIdentifier=description["DBInstanceIdentifier"],
        SourceType="db-instance",
        Duration=EVENTS_OF,
    )
    made = description["InstanceCreateTime"]
    for event in answer["Events"]:
        if event["Date"] < made:
            continue  # of an earlier instance of that name
        if found := FROM_SNAPSHOT.fullmatch(event["Message"]):
            return Origin(snapshot=found[1])
        if found := FROM_INSTANCE.fullmatch(event["Message"]):
            return Origin(instance=found[1], moment=_moment(found[2]))
    return None


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:  # "the latest restorable time"
        return None


def source(description: Description) -> str | None:
    """Return the identifier of what a replica streams from, None for a primary."""
    found: str | None = description.get("ReadReplicaSourceDBInstanceIdentifier")
    return found.rpartition(":")[2] if found else None  # an ARN where the source is of another region


def address(description: Description) -> str:
    """Return the `host:port` that clients are told."""
    return f"{description['Endpoint']['Address']}:{description['Endpoint']['Port']}"


def _login(secret: str, description: Description) -> Login | None:
    try:
        document = json.loads(secret)
    except ValueError:
        return None
    if not isinstance(document, dict) or not {"username", "password"} <= document.keys():
        return None
    named = document.get("dbInstanceIdentifier") == description["DBInstanceIdentifier"]
    if named or document.get("host") == description["Endpoint"]["Address"]:
        return Login(document["username"], document["password"])
    return None

"""Instances in service run as processes, started the way their user data says."""

import base64
import os
import signal
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from scripts.local.runtime.context import Context
from scripts.local.runtime.errors import LocalRuntimeError
from scripts.local.runtime.fleets import Fleets, systemd, user_data
from scripts.local.runtime.interpreter import base_interpreter
from scripts.local.runtime.supervisor import ProcessStatus
from tests.scripts.local.runtime.deployed import BROKEN, MIGRATES, bundle, delete_fleet, deploy_fleet
from tests.waiting import PATIENCE, until, until_async


def statuses(context: Context) -> list[ProcessStatus]:
    return context.supervisor.statuses()


async def ask(port: int | None) -> Any:
    async with httpx.AsyncClient(timeout=PATIENCE) as client:
        return (await client.get(f"http://127.0.0.1:{port}/")).json()


async def test_instances_run_their_artifact_with_their_parameters_and_follow_the_group(
    context: Context,
) -> None:
    context.addresses.publish("db.example.com:5432", "127.0.0.1:20001")
    parameters = {"DATABASE_WRITER": "db.example.com:5432", "STAGE": "dev"}
    deploy_fleet(context.aws, "fleet", content=bundle(MIGRATES), parameters=parameters, size=2)
    fleets = Fleets(context)
    await until_async(fleets.reconcile)

    first, second = statuses(context)
    assert first.port != second.port
    assert (first.healthy, first.role) == (True, "app")
    told = await ask(first.port)
    instance_id = told["environment"]["INSTANCE_ID"]
    assert first.name == f"shop-{instance_id}"
    assert context.addresses.translate(f"{instance_id}:8080") == f"127.0.0.1:{first.port}"
    expected = {
        "DATABASE_WRITER": "127.0.0.1:20001",
        "STAGE": "dev",
        "PORT": str(first.port),
        "HOST": "127.0.0.1",
        "AWS_ENDPOINT_URL": context.aws.endpoint,
    }
    assert expected.items() <= told["environment"].items()
    assert "app.main:app" in told["flags"]
    (release,) = (context.state / "cache" / "releases").iterdir()
    assert (release / "migrated").exists()
    assert told["environment"]["PYTHONPATH"].split(":") == [str(release / "site-packages"), str(release)]

    assert first.pid is not None
    os.kill(first.pid, signal.SIGKILL)
    await until(lambda: statuses(context)[0].pid is None)
    await fleets.reconcile()
    (event,) = context.timeline.events()
    assert event.sentence == (
        f"the process of {instance_id} ended (ended by SIGKILL) and is started again in its place"
    )
    context.aws.client("autoscaling").set_desired_capacity(AutoScalingGroupName="fleet", DesiredCapacity=1)
    await until_async(fleets.reconcile)
    await until(lambda: len(statuses(context)) == 1)
    delete_fleet(context.aws, "fleet")
    await until_async(fleets.reconcile)
    await until(lambda: statuses(context) == [])


async def test_an_instance_starts_once_there_is_something_at_each_address_it_is_told(
    context: Context,
) -> None:
    writer = "db.x.us-east-1.rds.amazonaws.com:5432"
    deploy_fleet(context.aws, "early", content=bundle(), parameters={"DATABASE_WRITER": writer})
    fleets = Fleets(context)
    assert not await fleets.reconcile()
    (waiting,) = statuses(context)
    assert (waiting.state, waiting.pid, waiting.detail) == ("starting", None, f"waits for {writer}")
    context.addresses.publish(writer, "127.0.0.1:20001")
    await until_async(fleets.reconcile)
    assert (await ask(statuses(context)[0].port))["environment"]["DATABASE_WRITER"] == "127.0.0.1:20001"
    delete_fleet(context.aws, "early")
    await until_async(fleets.reconcile)


async def test_a_broken_migration_keeps_the_instance_from_starting_and_is_told(context: Context) -> None:
    deploy_fleet(context.aws, "broken", content=bundle(BROKEN))
    fleets = Fleets(context)
    assert not await fleets.reconcile()
    await until(lambda: statuses(context)[0].state == "failed")
    assert statuses(context)[0].detail == "migration 0002 is broken"
    assert not await fleets.reconcile()
    delete_fleet(context.aws, "broken")
    await until_async(fleets.reconcile)


async def test_a_corrupted_artifact_is_not_started_and_names_what_was_expected_and_found(
    context: Context,
) -> None:
    deploy_fleet(context.aws, "corrupted", content=bundle(), checksum="0" * 64)
    fleets = Fleets(context)
    assert not await fleets.reconcile()
    (status,) = statuses(context)
    assert (status.state, status.pid) == ("failed", None)
    for part in (
        "corrupted artifact s3://artifacts/app/corrupted.tar.gz",
        f"expected SHA-256 {'0' * 64}",
        "Build",
    ):
        assert part in status.detail
    delete_fleet(context.aws, "corrupted")
    await until_async(fleets.reconcile)
    await until(lambda: statuses(context) == [])


def test_user_data_that_cannot_be_followed_names_its_origin() -> None:
    encoded = base64.b64encode(b"#!/bin/sh\necho hello").decode()
    with pytest.raises(LocalRuntimeError, match="The user data of the group 'web' cannot be followed"):
        user_data.read(encoded, "the group 'web'")


UNIT = """
[Unit]
Description=shop
[Service]
# a comment
EnvironmentFile=/etc/shop
Environment=A=1 "B=two words"
Environment=C=3
ExecStartPre=/bin/first
ExecStartPre=/bin/second --flag
ExecStart=/bin/serve --port ${PORT} \\
    $OPTIONS --name '${A}b'
RestartSec=500ms
TimeoutStopSec=1min 30s
[Install]
ExecStart=/bin/other
"""


def test_a_unit_is_read_as_systemd_reads_it() -> None:
    unit = systemd.parse(UNIT)
    assert unit.environment == {"A": "1", "B": "two words", "C": "3"}
    assert unit.prepare == (("/bin/first",), ("/bin/second", "--flag"))
    assert (unit.restart_seconds, unit.stop_seconds) == (0.5, 90.0)
    variables = {"PORT": "80", "OPTIONS": "--quick --quiet", "A": "a"}
    command = ("/bin/serve", "--port", "80", "--quick", "--quiet", "--name", "ab")
    assert systemd.substitute(unit.command, variables) == command


@pytest.mark.parametrize(
    "line", ["ExecStart=-/bin/serve", "ExecStartPre=/bin/pre", "ExecStart=/bin/serve\nRestartSec=soon"]
)
def test_a_unit_that_cannot_be_followed_is_refused(line: str) -> None:
    with pytest.raises(LocalRuntimeError, match="The unit"):
        systemd.parse(f"[Service]\n{line}\n")


def test_instances_do_not_see_this_projects_environment() -> None:
    interpreter, *flags = base_interpreter()
    assert flags == ["-s", "-S"]
    assert Path(sys.prefix) not in Path(interpreter).parents

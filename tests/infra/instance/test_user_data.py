"""The cloud-init document: what a new instance is told."""

import ast
import base64
import configparser
import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.instance import user_data
from infra.instance.user_data import Bundle, Instance

INSTANCE = Instance(
    service="shop",
    region="eu-central-1",
    port=8080,
    artifact=Bundle(bucket="artifacts", key="app/abc.tar.gz", sha256="ab" * 32),
    parameters="/blueprint/dev/shop/",
    group="blueprint-dev-shop",
    health_path="/live",
    launch_hook=False,
    log="/blueprint/dev/shop",
)


@pytest.fixture
def document() -> dict[str, Any]:
    text = base64.b64decode(user_data.user_data(INSTANCE)).decode()
    assert text.startswith("#cloud-config\n")
    parsed: dict[str, Any] = yaml.safe_load(text)
    return parsed


@pytest.fixture
def files(document: dict[str, Any]) -> dict[str, dict[str, str]]:
    return {file["path"]: file for file in document["write_files"]}


def test_the_instance_knows_what_it_is_to_become(files: dict[str, dict[str, str]]) -> None:
    assert json.loads(files["/etc/blueprint/instance.json"]["content"]) == {
        "service": "shop",
        "region": "eu-central-1",
        "port": 8080,
        "artifact": {"bucket": "artifacts", "key": "app/abc.tar.gz", "sha256": "ab" * 32},
        "parameters": "/blueprint/dev/shop/",
        "group": "blueprint-dev-shop",
        "health_path": "/live",
        "launch_hook": False,
        "log": "/blueprint/dev/shop",
    }


def test_python_and_an_unprivileged_user_are_there_before_the_service_starts(
    document: dict[str, Any],
) -> None:
    assert document["packages"] == ["python3.13", "amazon-cloudwatch-agent", "logrotate"]
    assert {"name": "shop", "system": True, "shell": "/sbin/nologin"} in document["users"]
    assert document["runcmd"][1:] == [
        ["/usr/local/sbin/blueprint-boot"],
        ["systemctl", "enable", "--now", "shop.service", "blueprint-lifecycle.service"],
    ]


def test_the_agent_starts_before_anything_can_fail_so_that_its_failure_is_read(
    document: dict[str, Any], files: dict[str, dict[str, str]]
) -> None:
    control, *arguments = document["runcmd"][0]
    config = arguments[arguments.index("-c") + 1].removeprefix("file:")
    assert control == "/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl"
    collected = json.loads(files[config]["content"])["logs"]["logs_collected"]["files"]["collect_list"]
    assert [(it["file_path"], it["log_group_name"], it["log_stream_name"]) for it in collected] == [
        ("/var/log/shop.log", "/blueprint/dev/shop", "{instance_id}"),
        ("/var/log/cloud-init-output.log", "/blueprint/dev/shop", "{instance_id}/boot"),
    ]


def test_the_agent_publishes_what_the_fleets_alarms_look_at(files: dict[str, dict[str, str]]) -> None:
    config = json.loads(files["/opt/aws/amazon-cloudwatch-agent/etc/blueprint.json"]["content"])
    metrics = config["metrics"]
    measured = metrics["metrics_collected"].values()
    assert {name for it in measured for name in it["measurement"]} == {
        "mem_used_percent",
        "disk_used_percent",
    }
    dimensions = [it["append_dimensions"] for it in measured]
    assert dimensions == [{"AutoScalingGroupName": "blueprint-dev-shop"}] * 2
    assert metrics["aggregation_dimensions"] == [["AutoScalingGroupName"]]
    assert config["agent"]["omit_hostname"], "else each instance would have metrics, and a bill, of its own"


def test_the_log_that_the_unit_writes_is_the_one_that_is_sent_and_cut(
    files: dict[str, dict[str, str]],
) -> None:
    unit = files["/etc/systemd/system/shop.service"]["content"]
    assert "StandardOutput=append:/var/log/shop.log\n" in unit
    rotation = files["/etc/logrotate.d/shop"]["content"]
    assert rotation.startswith("/var/log/shop.log {\n")
    assert "copytruncate" in rotation, "systemd goes on writing to the file that it opened"


def test_the_unit_migrates_then_serves_and_comes_back_when_it_dies(files: dict[str, dict[str, str]]) -> None:
    unit = configparser.ConfigParser(strict=True, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment, method-assign] # keys keep their case
    unit.read_string(files["/etc/systemd/system/shop.service"]["content"])
    service = dict(unit["Service"])
    assert service["User"] == "shop"
    assert service["EnvironmentFile"] == "/etc/blueprint/environment"
    assert service["WorkingDirectory"] == "/opt/blueprint/current"
    assert service["Environment"] == "PYTHONPATH=/opt/blueprint/current/site-packages:/opt/blueprint/current"
    assert service["ExecStartPre"] == "/usr/bin/python3.13 -m app.platform.migrations upgrade"
    assert service["ExecStart"].startswith("/usr/bin/python3.13 -m granian --interface asgi --host ${HOST}")
    assert service["ExecStart"].endswith(" app.main:app")
    assert (service["Restart"], service["RestartSec"]) == ("always", "2")


@pytest.mark.parametrize("path", [user_data.BOOT, user_data.LIFECYCLE])
def test_scripts_are_those_that_are_tested(path: Path, files: dict[str, dict[str, str]]) -> None:
    script = files[f"/usr/local/sbin/blueprint-{path.stem}"]
    assert script["content"] == path.read_text()
    assert script["permissions"] == "0755"
    assert script["content"].startswith("#!/usr/bin/python3\n")


def test_only_root_can_write_what_root_runs(files: dict[str, dict[str, str]]) -> None:
    assert {path: file["permissions"] for path, file in files.items()} == {
        "/etc/blueprint/instance.json": "0644",
        "/usr/local/sbin/blueprint-boot": "0755",
        "/usr/local/sbin/blueprint-lifecycle": "0755",
        "/etc/systemd/system/blueprint-lifecycle.service": "0644",
        "/opt/aws/amazon-cloudwatch-agent/etc/blueprint.json": "0644",
        "/etc/logrotate.d/shop": "0644",
        "/etc/systemd/system/shop.service": "0644",
    }


def test_user_data_fits_with_a_quarter_of_its_limit_to_spare() -> None:
    assert len(base64.b64decode(user_data.user_data(INSTANCE))) < user_data.LIMIT * 3 / 4


def test_user_data_that_ec2_would_refuse_is_refused_here() -> None:
    long = dataclasses.replace(INSTANCE, parameters="/" + "x" * user_data.LIMIT)
    with pytest.raises(ValueError, match=r"user data of shop has \d+ bytes; EC2 takes 16384"):
        user_data.user_data(long)


@pytest.mark.parametrize("script", [user_data.BOOT, user_data.LIFECYCLE])
def test_scripts_keep_to_the_grammar_of_amazon_linux_python(script: Path) -> None:
    assert ast.parse(script.read_text(), feature_version=(3, 9))


def test_the_same_instance_gives_the_same_user_data() -> None:
    assert user_data.user_data(INSTANCE) == user_data.user_data(dataclasses.replace(INSTANCE))

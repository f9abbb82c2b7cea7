"""The cloud-init document: what a new instance is told."""

import ast
import base64
import configparser
import dataclasses
import json
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
    }


def test_python_and_an_unprivileged_user_are_there_before_the_service_starts(
    document: dict[str, Any],
) -> None:
    assert document["packages"] == ["python3.13"]
    assert {"name": "shop", "system": True, "shell": "/sbin/nologin"} in document["users"]
    assert document["runcmd"] == [
        ["/usr/local/sbin/blueprint-boot"],
        ["systemctl", "enable", "--now", "shop.service"],
    ]


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


def test_the_boot_script_is_the_one_that_is_tested(files: dict[str, dict[str, str]]) -> None:
    script = files["/usr/local/sbin/blueprint-boot"]
    assert script["content"] == user_data.BOOT.read_text()
    assert script["permissions"] == "0755"
    assert script["content"].startswith("#!/usr/bin/python3\n")


def test_only_root_can_write_what_root_runs(files: dict[str, dict[str, str]]) -> None:
    assert {path: file["permissions"] for path, file in files.items()} == {
        "/etc/blueprint/instance.json": "0644",
        "/usr/local/sbin/blueprint-boot": "0755",
        "/etc/systemd/system/shop.service": "0644",
    }


def test_user_data_fits_with_half_of_its_limit_to_spare() -> None:
    assert len(base64.b64decode(user_data.user_data(INSTANCE))) < user_data.LIMIT / 2


def test_user_data_that_ec2_would_refuse_is_refused_here() -> None:
    long = dataclasses.replace(INSTANCE, parameters="/" + "x" * user_data.LIMIT)
    with pytest.raises(ValueError, match=r"user data of shop has \d+ bytes; EC2 takes 16384"):
        user_data.user_data(long)


def test_the_boot_script_keeps_to_the_grammar_of_amazon_linux_python() -> None:
    assert ast.parse(user_data.BOOT.read_text(), feature_version=(3, 9))


def test_the_same_instance_gives_the_same_user_data() -> None:
    assert user_data.user_data(INSTANCE) == user_data.user_data(dataclasses.replace(INSTANCE))

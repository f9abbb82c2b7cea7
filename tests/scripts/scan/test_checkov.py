"""Checkov sees every resource of a plan, and asks nobody anything."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from scripts.errors import UserError
from scripts.scan import checkov
from scripts.scan.environment import CHECKOV
from scripts.scan.errors import ScanError

WITHOUT_NETWORK = """
import runpy, socket, sys

def refuse(*whom, **_):
    print("asked", whom[-1], file=sys.stderr)
    raise OSError("no network here")

socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = refuse
runpy.run_module("checkov.main", run_name="__main__", alter_sys=True)
"""
"""Checkov on a machine where every attempt to reach another ends it."""


def volume(name: str, **values: Any) -> dict[str, Any]:
    return {
        "address": f"aws_ebs_volume.{name}",
        "mode": "managed",
        "type": "aws_ebs_volume",
        "name": name,
        "provider_name": "registry.terraform.io/hashicorp/aws",
        "schema_version": 0,
        "values": {"availability_zone": "us-east-1a", "size": 8, **values},
    }


def plan(folder: Path, *resources: dict[str, Any]) -> Path:
    """A file as `terraform show -json` writes it."""
    path = folder / "plan.json"
    planned = {"root_module": {"resources": list(resources)}}
    path.write_text(
        json.dumps({"format_version": "1.2", "terraform_version": "1.11.4", "planned_values": planned})
    )
    return path


def test_what_is_planted_in_a_plan_is_found(tmp_path: Path) -> None:
    planned = plan(tmp_path, volume("open", encrypted=False), volume("closed", encrypted=True))
    scan = checkov.scan("growth", planned, resources=2)
    assert ("CKV_AWS_3", "aws_ebs_volume.open") in {(it.check, it.where) for it in scan.findings}
    assert ("CKV_AWS_3", "aws_ebs_volume.closed") not in {(it.check, it.where) for it in scan.findings}
    assert scan.passed
    assert scan.seen == scan.passed + len(scan.findings)


@pytest.mark.parametrize("resources", [1, 2], ids=["none", "not all"])
def test_resources_that_checkov_does_not_see_are_an_error(tmp_path: Path, resources: int) -> None:
    seen = [volume(str(number)) for number in range(resources - 1)]
    with pytest.raises(
        ScanError, match=f"Checkov saw {resources - 1} resources of scale, and the export has"
    ):
        checkov.scan("scale", plan(tmp_path, *seen), resources=resources)


def test_a_file_that_is_no_plan_is_an_error(tmp_path: Path) -> None:
    """Checkov itself says of it that nothing failed."""
    export = tmp_path / "site.tf.json"
    export.write_text(json.dumps({"resource": {"aws_ebs_volume": {"open": {"encrypted": False}}}}))
    with pytest.raises(ScanError, match="Checkov saw 0 resources"):
        checkov.scan("single", export, resources=1)


def test_checkov_tries_to_reach_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = plan(tmp_path, volume("open", encrypted=False))
    monkeypatch.setenv("BC_API_KEY", "somebody's")
    program = tmp_path / "without_network.py"
    program.write_text(WITHOUT_NETWORK + "\nprint('ended', file=sys.stderr)\n")
    with pytest.raises(ScanError) as caught:  # the exit code of findings, for once taken for a failure
        CHECKOV.run([str(program), "--file", str(path), *checkov.OPTIONS], fine=())
    assert "asked" not in str(caught.value)
    assert "ended with 1" in str(caught.value)


def test_the_guard_against_the_network_would_notice(tmp_path: Path) -> None:
    program = tmp_path / "without_network.py"
    program.write_text(
        WITHOUT_NETWORK.partition("runpy.run_module")[0] + "socket.create_connection(('a', 1))\n"
    )
    with pytest.raises(ScanError, match="asked"):
        CHECKOV.run([str(program)])


def test_without_terraform_it_is_said_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path) + os.pathsep)
    with pytest.raises(UserError, match="Terraform is not installed"):
        checkov.checkov(tmp_path, "growth")

"""A preview says what a stack is made of, for people and for machines."""

import io
import json
import subprocess
import sys
from typing import Any

import pytest
from rich.console import Console

from infra import lineage
from scripts.evaluation.stack import Evaluation, evaluate
from scripts.preview.cli import PreviewError, preview_command
from scripts.preview.rendering import render
from scripts.preview.report import Component, Report, document
from tests.scripts.preview.conftest import MakeProject


def printed(report: Report) -> str:
    console = Console(file=io.StringIO(), width=200, highlight=False)
    render(report, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def component(report: Report, kind: str, name: str) -> Component:
    [found] = [it for it in report.components if (it.kind, it.name) == (kind, name)]
    return found


@pytest.fixture(scope="session")
def report(dev: Evaluation) -> Report:
    return Report.of(dev)


@pytest.fixture(scope="session")
def described(dev: Evaluation, report: Report) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(json.dumps(document(report, dev.recording)))
    return loaded


def test_a_component_lists_its_resources_and_the_components_inside(report: Report) -> None:
    [database] = component(report, "ShardedDatabase", "shop").components
    assert {"aws:rds/instance:Instance", "aws:secretsmanager/secret:Secret"} <= {
        it.type for it in database.resources
    }
    assert [(it.kind, it.name) for it in database.components] == [("SecurityGroup", "shop-database")]


def test_every_resource_stands_in_the_tree_once(report: Report) -> None:
    def size(components: tuple[Component, ...]) -> int:
        return sum(len(it.resources) + size(it.components) for it in components)

    assert size(report.components) + len(report.loose) == report.resources
    assert report.resources == sum(report.counts.values())


def test_components_and_providers_are_not_counted(report: Report) -> None:
    assert not [type_ for type_ in report.counts if type_.startswith((f"{lineage.NAME}:", "pulumi:"))]
    assert report.counts["aws:ec2/vpc:Vpc"] == 1


def test_what_is_not_known_yet_is_not_made_up(report: Report) -> None:
    assert report.outputs["site_url"] is None
    assert report.outputs["positions_stream"] == f"{lineage.NAME}-dev-positions"
    assert "site_url" in printed(report)
    assert "known once it exists" in printed(report)


def test_what_is_protected_is_said(project: MakeProject) -> None:
    root = project(
        stage="prod",
        alarm_email="team@example.com",
        network={"zones": 3, "nat": "per_zone"},
        compute={"ami": "ami-0fedcba9876543210"},
        services={"shop": {"min_size": 2, "max_size": 6}},
        database={"replicas": 1, "multi_az": True},
    )
    report = Report.of(evaluate(root, "it"))
    assert {it.type.rpartition(":")[2] for it in report.protected} >= {"Instance", "Bucket", "Table"}
    assert f"refuses to delete {len(report.protected)} resources" in printed(report)


def test_many_of_one_type_share_a_line(report: Report) -> None:
    lines = [line for line in printed(report).splitlines() if "ec2.Subnet × 6" in line]
    assert len(lines) == 1
    assert "network-isolated-1, network-isolated-2" in lines[0]


def test_a_machine_gets_every_resource_with_its_inputs(described: dict[str, Any]) -> None:
    [vpc] = [it for it in described["resources"] if it["type"] == "aws:ec2/vpc:Vpc"]
    assert vpc["inputs"]["cidrBlock"] == "10.20.0.0/16"
    assert vpc["name"] == "network"
    [group] = [it for it in described["resources"] if it["type"] == "aws:autoscaling/group:Group"]
    assert group["inputs"]["minSize"] == 1
    assert group["inputs"]["targetGroupArns"] == [None], "known once the target group exists"


def test_a_secret_is_never_shown(described: dict[str, Any]) -> None:
    versions = [it for it in described["resources"] if it["type"].endswith(":SecretVersion")]
    assert versions
    assert {it["inputs"]["secretString"] for it in versions} == {"[secret]"}


def test_resources_come_in_one_order_whoever_was_first(described: dict[str, Any]) -> None:
    urns = [it["urn"] for it in described["resources"]]
    assert urns == sorted(urns)


def test_the_command_prints_json_alone() -> None:
    command = [sys.executable, "-m", "scripts.cli", "preview", "--stack", "local", "--json"]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["stack"] == "local"


def test_the_command_names_a_stack_that_does_not_exist() -> None:
    command = [sys.executable, "-m", "scripts.cli", "preview", "--stack", "moon"]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert result.returncode == 1
    assert result.stderr.startswith("error: There is no stack moon")
    assert "Traceback" not in result.stderr


def test_a_stack_and_a_preset_exclude_each_other() -> None:
    with pytest.raises(PreviewError, match="exclude each other"):
        preview_command(stack="dev", preset="single")

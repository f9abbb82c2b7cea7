"""The steps of a verification, with a `terraform` that says what the test wants it to."""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from io import StringIO
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest
from rich.console import Console

from scripts.evaluation.recorder import record
from scripts.evaluation.stack import Evaluation
from scripts.terraform.configuration import Configuration
from scripts.terraform.export import Export
from scripts.terraform.placeholders import Placeholders
from scripts.verify.errors import VerifyError
from scripts.verify.report import Verdict, render
from scripts.verify.terraform import MIRROR, require
from scripts.verify.verification import Verification
from tests.infra.stacks import parse

ROOT = Path(__file__).parents[3]
WORK, DEAD = "aws_sqs_queue.work", "aws_sqs_queue.dead"

FAKE = """\
#!{python}
import json, pathlib, sys
answers = json.loads(pathlib.Path({answers!r}).read_text())
step = sys.argv[1]
if step == "plan":
    pathlib.Path("plan.bin").touch()
answer = answers.get(step, "")
print(answer if isinstance(answer, str) else "\\n".join(json.dumps(it) for it in answer))
sys.exit(answers.get("code", {{}}).get(step, 0))
"""

NOTHING: Mapping[str, Any] = {"validate": '{"diagnostics": []}', "show": '{"resource_changes": []}'}


def complete(address: str) -> dict[str, Any]:
    return {"type": "apply_complete", "hook": {"resource": {"addr": address}, "elapsed_seconds": 1}}


def failed(address: str, summary: str) -> dict[str, Any]:
    diagnostic = {"severity": "error", "summary": summary, "detail": "because", "address": address}
    return {"type": "diagnostic", "diagnostic": diagnostic}


class Queues(pulumi.ComponentResource):
    """A component with two queues."""

    def __init__(self, *, protect: bool) -> None:
        super().__init__("blueprint:test:Queues", "it")
        opts = pulumi.ResourceOptions(parent=self, protect=protect)
        provider = aws.Provider("aws", region="us-east-1")
        opts = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(provider=provider))
        for name in ("work", "dead"):
            aws.sqs.Queue(name, name=name, opts=opts)


def an_export(*, protect: bool = False) -> Export:
    placeholders = Placeholders()
    recording = record(lambda: Queues(protect=protect), mocks=placeholders)
    settings = parse({"preset": "single", "stage": "dev"})
    evaluation = Evaluation(config={}, settings=settings, recording=recording, built=False)
    return Export(evaluation=evaluation, configuration=Configuration.of(recording, placeholders))


Verify = Callable[..., Verdict]


@pytest.fixture
def verify(tmp_path: Path, endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Verify:
    """A function that verifies two queues, with what Terraform is to say by command."""

    def run(*, protect: bool = False, **answers: Any) -> Verdict:
        path, place = tmp_path / "bin" / "terraform", tmp_path / "answers.json"
        path.parent.mkdir(exist_ok=True)
        place.write_text(json.dumps({**NOTHING, **answers}))
        path.write_text(FAKE.format(python=sys.executable, answers=str(place)))
        path.chmod(0o755)
        monkeypatch.setenv("PATH", str(path.parent))
        monkeypatch.delenv(MIRROR, raising=False)
        return Verification(
            subject="it",
            export=an_export(protect=protect),
            folder=tmp_path / "out",
            on_progress=lambda *_: None,
            aws=lambda: nullcontext(endpoint),
        ).run()

    return run


EVERYTHING = [complete(WORK), complete(DEAD)]


def test_everything_that_comes_and_goes_passes(verify: Verify) -> None:
    verdict = verify(apply=EVERYTHING, destroy=EVERYTHING)
    assert verdict.passed
    assert verdict.document()["totals"] == {
        "resources": 2,
        "applied": 2,
        "drifting": 0,
        "artefacts": 0,
        "destroyed": 2,
    }


def test_a_folder_that_is_kept_takes_the_next_verification(verify: Verify) -> None:
    verify(apply=EVERYTHING, destroy=EVERYTHING)
    assert verify(apply=EVERYTHING, destroy=EVERYTHING).passed


def test_a_failed_step_names_component_logical_name_and_address(verify: Verify) -> None:
    verdict = verify(apply=[complete(DEAD), failed(WORK, "no such thing")], destroy=[complete(DEAD)])
    assert not verdict.passed
    text = StringIO()
    render(verdict, Console(file=text, width=200))
    assert "Queues it: work (aws_sqs_queue.work): apply: no such thing because" in text.getvalue()
    assert "it: failed (" in text.getvalue()


def test_an_error_of_no_resource_is_told_as_well(verify: Verify) -> None:
    verdict = verify(apply=[failed("", "credentials")], destroy=EVERYTHING)
    assert verdict.errors == ["apply: credentials because"]


def test_a_second_plan_that_is_not_empty_is_drift(verify: Verify) -> None:
    changed = {"actions": ["update"], "before": {"delay_seconds": 1}, "after": {"delay_seconds": 0}}
    change = {"address": WORK, "type": "aws_sqs_queue", "mode": "managed", "change": changed}
    verdict = verify(apply=EVERYTHING, destroy=EVERYTHING, show=json.dumps({"resource_changes": [change]}))
    assert not verdict.passed
    [difference] = verdict.fates[WORK].drift
    assert (difference.attribute, difference.read, difference.wanted) == ("delay_seconds", 1, 0)
    assert not verdict.fates[DEAD].drift


def test_what_does_not_go_away_fails(verify: Verify) -> None:
    verdict = verify(apply=EVERYTHING, destroy=[complete(WORK)])
    assert not verdict.passed
    assert not verdict.fates[DEAD].destroyed


def test_a_protected_stack_is_not_asked_to_go_away(verify: Verify) -> None:
    verdict = verify(protect=True, apply=EVERYTHING)
    assert verdict.passed
    assert "destroy" not in verdict.seconds


def test_nothing_is_made_of_a_configuration_that_is_not_valid(verify: Verify) -> None:
    invalid = json.dumps({"diagnostics": [{"severity": "error", "summary": "Cycle", "detail": "a, b"}]})
    verdict = verify(validate=invalid, apply=EVERYTHING)
    assert verdict.errors == ["validate: Cycle a, b"]
    assert not any(fate.applied for fate in verdict.fates.values())


def test_a_cycle_names_the_component_of_each_resource_in_it(verify: Verify) -> None:
    cycle = {"severity": "error", "summary": f"Cycle: {WORK}, {DEAD}", "detail": ""}
    verdict = verify(validate=json.dumps({"diagnostics": [cycle]}))
    assert not verdict.passed
    assert {fate.label: fate.errors for fate in verdict.fates.values()} == {
        f"Queues it: {name} (aws_sqs_queue.{name})": [f"validate: Cycle: {WORK}, {DEAD}"]
        for name in ("work", "dead")
    }


def test_an_invalid_argument_names_the_component_of_its_resource(verify: Verify) -> None:
    snippet = {"context": f"resource.{WORK}", "code": '"nought": 1'}
    wrong = {"severity": "error", "summary": "Extraneous property", "detail": "nought", "snippet": snippet}
    verdict = verify(validate=json.dumps({"diagnostics": [wrong]}))
    assert verdict.fates[WORK].errors == ["validate: Extraneous property nought"]
    assert verdict.fates[DEAD].errors == verdict.errors == []


def test_without_a_provider_it_is_said_where_one_comes_from(verify: Verify) -> None:
    with pytest.raises(
        VerifyError, match=r"finds no AWS provider on the network\..*`terraform providers mirror DIR"
    ):
        verify(code={"init": 1})


def test_a_mirror_that_is_no_folder_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "terraform").write_text("#!/bin/sh\n")
    (tmp_path / "terraform").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv(MIRROR, "/nowhere")
    with pytest.raises(VerifyError, match=rf"{MIRROR} names /nowhere, which is no folder"):
        require()


def test_without_terraform_the_command_says_how_to_get_it(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "scripts.cli", "verify", "--preset", "single"]
    environment = {"PATH": str(tmp_path), "HOME": str(tmp_path)}
    result = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300, env=environment
    )
    assert result.returncode == 1
    assert result.stderr.startswith("error: Terraform is not installed: put its binary")
    assert "Traceback" not in result.stderr

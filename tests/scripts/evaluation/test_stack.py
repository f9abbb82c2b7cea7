"""A stack is evaluated from its file, without a cloud and without artifacts."""

from pathlib import Path

import pytest

from infra.manifest import NAMES
from infra.settings.presets import PRESETS
from scripts.evaluation.stack import EvaluationError, evaluate, evaluate_preset
from scripts.project import ProjectError
from tests.infra.stacks import build


def write_project(root: Path, *lines: str) -> Path:
    (root / "Pulumi.yaml").write_text("name: blueprint\nmain: infra/\nruntime: python\n")
    config = ["aws:region: eu-west-1", "blueprint:preset: growth", "blueprint:stage: dev", *lines]
    (root / "Pulumi.it.yaml").write_text("config:\n" + "".join(f"  {line}\n" for line in config))
    return root


def test_placeholders_stand_for_what_is_not_built(tmp_path: Path) -> None:
    evaluation = evaluate(write_project(tmp_path), "it")
    assert not evaluation.built
    assert len(evaluation.recording.of("s3/bucketObjectv2:BucketObjectv2")) == len(NAMES)


def test_what_is_built_is_what_is_shown(tmp_path: Path) -> None:
    build(tmp_path / "dist" / "arm64")
    evaluation = evaluate(write_project(tmp_path), "it")
    assert evaluation.built
    keys = [it.inputs["key"] for it in evaluation.recording.of("s3/bucketObjectv2:BucketObjectv2")]
    assert not [key for key in keys if "0000" in key]


def test_zones_are_those_of_the_region_and_the_account_is_not_made_up(tmp_path: Path) -> None:
    recording = evaluate(write_project(tmp_path), "it").recording
    zones = {it.inputs["availabilityZone"] for it in recording.of("ec2/subnet:Subnet")}
    assert zones == {"eu-west-1a", "eu-west-1b"}
    assert recording.one("s3/bucket:Bucket", "site").inputs["bucket"] == "blueprint-it-site-<account-id>"


def test_a_setting_that_cannot_work_is_one_message(tmp_path: Path) -> None:
    write_project(tmp_path, "blueprint:network: {zones: 9}")
    with pytest.raises(EvaluationError, match=r"blueprint:network\.zones is 9; allowed: .* from 2 to 3"):
        evaluate(tmp_path, "it")


def test_a_stack_without_a_file_is_named_with_those_that_have_one(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=r"There is no stack moon: .* Stacks: it\."):
        evaluate(write_project(tmp_path), "moon")


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_is_evaluated_by_itself(tmp_path: Path, preset: str) -> None:
    evaluation = evaluate_preset(write_project(tmp_path), preset)
    assert (evaluation.settings.preset, evaluation.settings.stage) == (preset, "staging")
    assert evaluation.recording.outputs


def test_a_preset_that_does_not_exist_is_named_with_those_that_do(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match=r"There is no preset moon\. Presets: single, "):
        evaluate_preset(write_project(tmp_path), "moon")

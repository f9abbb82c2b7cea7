"""Terraform finds nothing wrong with the export of any preset; without Terraform, nothing is said."""

import json
from pathlib import Path

import pytest

from infra.settings.presets import PRESETS
from scripts.evaluation.stack import Evaluation
from scripts.terraform.configuration import Configuration
from scripts.terraform.export import Export
from scripts.terraform.placeholders import Placeholders
from scripts.verify.errors import VerifyError
from scripts.verify.terraform import Terraform, environment, require
from tests.infra.stacks import SETTINGS, build, evaluate, parse


def terraform_in(folder: Path) -> Terraform:
    """Terraform with its provider; skips the test where there is none."""
    (folder / "verify_override.tf.json").write_text(json.dumps({"terraform": {"backend": {"local": {}}}}))
    terraform = Terraform(folder=folder, environment=environment(folder, "http://127.0.0.1:1", {}))
    try:
        require()
        terraform.init()
    except VerifyError as error:
        pytest.skip(str(error))
    return terraform


@pytest.mark.parametrize("stack", [*PRESETS, "everything"])
def test_the_export_is_a_valid_configuration(tmp_path: Path, stack: str) -> None:
    placeholders = Placeholders()
    recording = evaluate(SETTINGS[stack], build(tmp_path / "dist"), stack=stack, mocks=placeholders)
    evaluation = Evaluation(config={}, settings=parse(SETTINGS[stack]), recording=recording, built=False)
    export = Export(evaluation=evaluation, configuration=Configuration.of(recording, placeholders))
    export.write(tmp_path / "out")
    assert terraform_in(tmp_path / "out").validate() == []

"""Writes a stack as a folder that Terraform reads."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.evaluation.stack import NOTHING, Evaluation, evaluate, evaluate_preset
from scripts.terraform.configuration import Configuration
from scripts.terraform.errors import ExportError
from scripts.terraform.placeholders import Placeholders
from scripts.terraform.resources import ARTIFACTS

MARK = "Written by `blueprint terraform export`"
"""By which a later export knows the files of an earlier one."""

TERRAFORM = f"""\
# {MARK}.
terraform {{
  required_version = ">= 1.5.0"

  required_providers {{
    aws = {{
      source  = "hashicorp/aws"
      version = ">= 5.100.0, < 7.0.0"
    }}
  }}

  # Where the state is kept: say which bucket, key and region by `terraform init -backend-config=...`.
  backend "s3" {{}}
}}
"""


@dataclass(frozen=True, kw_only=True)
class Export:
    """A stack as a Terraform configuration, and how it was evaluated."""

    evaluation: Evaluation
    configuration: Configuration

    @classmethod
    def of_stack(cls, root: Path, stack: str) -> "Export":
        """The stack of the project in `root` that has the file `Pulumi.<stack>.yaml`.

        Raises:
            EvaluationError, ProjectError: its settings cannot work, or it does not exist.
            ExportError: something in it cannot be said in Terraform.
        """
        placeholders = Placeholders()
        return cls._of(evaluate(root, stack, placeholders), placeholders)

    @classmethod
    def of_preset(
        cls, root: Path, preset: str, stage: str = "staging", own: Mapping[str, Any] = NOTHING
    ) -> "Export":
        """A preset by itself, of that stage, with its owner's settings, `own`. Raises as `of_stack`."""
        placeholders = Placeholders()
        return cls._of(evaluate_preset(root, preset, placeholders, stage, own), placeholders)

    @classmethod
    def _of(cls, evaluation: Evaluation, placeholders: Placeholders) -> "Export":
        return cls(evaluation=evaluation, configuration=Configuration.of(evaluation.recording, placeholders))

    def write(self, folder: Path) -> None:
        """Write the configuration into `folder`, in place of an earlier one.

        Raises:
            ExportError: the folder holds something else, or cannot be written.
        """
        try:
            _make_room(folder)
            for name, content in self.configuration.files.items():
                (folder / f"{name}.tf.json").write_text(_text(content), encoding="utf-8")
            (folder / "terraform.tf").write_text(TERRAFORM, encoding="utf-8")
            for name, path in self.configuration.artifacts.items() if self.evaluation.built else ():
                (folder / ARTIFACTS).mkdir(exist_ok=True)
                shutil.copyfile(path, folder / ARTIFACTS / name)
        except OSError as error:
            raise ExportError(f"cannot write {error.filename}: {error.strerror}.") from error


def _make_room(folder: Path) -> None:
    """Make the folder, or take the files of an earlier export out of it; what else is there stays."""
    folder.mkdir(parents=True, exist_ok=True)
    own = folder / "terraform.tf"
    if own.exists() and MARK not in own.read_text(encoding="utf-8"):
        raise ExportError(f"{own} is not from an earlier export. Name another folder.")
    for path in folder.glob("*.tf.json"):
        if MARK not in path.read_text(encoding="utf-8"):
            raise ExportError(f"{path} is not from an earlier export. Name another folder.")
        path.unlink()


def _text(content: Mapping[str, Any]) -> str:
    title = content.get("//")
    comment = f"{title}. {MARK}." if title else f"{MARK}."
    return json.dumps({**content, "//": comment}, indent=2, ensure_ascii=False) + "\n"

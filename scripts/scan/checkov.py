"""Checkov on the Terraform plan of a preset: what the AWS provider would create, every default filled in."""

import json
import tempfile
from pathlib import Path
from typing import Any

from scripts.local.aws.process import running
from scripts.scan.environment import CHECKOV
from scripts.scan.errors import ScanError
from scripts.scan.findings import Finding, Scan
from scripts.scan.stacks import way
from scripts.terraform.export import Export
from scripts.verify.terraform import Message, Terraform, require
from scripts.verify.workspace import prepare

OPTIONS = (
    "--framework",
    "terraform_plan",
    "--skip-download",  # no rules, guides or severities from its maker's platform
    "--skip-results-upload",
    "--compact",
    "--quiet",
    "--output",
    "json",
)


def checkov(root: Path, preset: str) -> Scan:
    """What Checkov says of a preset of the project in `root`.

    Raises:
        ScanError: it cannot be run, or did not see every resource of the plan.
        VerifyError: there is no Terraform here, or no provider.
    """
    require()
    export = Export.of_preset(root, preset, **way(preset))
    with tempfile.TemporaryDirectory(prefix="scan-") as scratch:
        folder = Path(scratch)
        with running() as endpoint:
            plan = _plan(preset, prepare(export, folder, endpoint))
        return scan(preset, plan, resources=len(export.configuration.origins))


def _plan(preset: str, terraform: Terraform) -> Path:
    """Plan, and return the file with the plan as JSON."""
    errors: list[str] = []

    def hear(message: Message) -> None:
        if message.get("diagnostic", {}).get("severity") == "error":
            errors.append(message["diagnostic"]["summary"])

    planned = terraform.whole_plan(hear)
    if not planned or errors:
        raise ScanError(
            f"Terraform cannot plan {preset}: {'; '.join(errors)}. See `blueprint verify --preset {preset}`."
        )
    plan = terraform.folder / "plan.json"
    plan.write_text(json.dumps(planned), encoding="utf-8")
    return plan


def scan(preset: str, plan: Path, *, resources: int) -> Scan:
    """What Checkov says of a plan as JSON, which has so many resources.

    Raises:
        ScanError: it cannot be run, or saw fewer resources: of a file that it cannot read, Checkov says that
            nothing failed.
    """
    arguments = ["-m", "checkov.main", "--file", str(plan), *OPTIONS]
    answer = json.loads(CHECKOV.run(arguments, cwd=plan.parent, fine=(0, 1)))
    seen = _summary(answer)["resource_count"]
    if seen < resources:
        raise ScanError(
            f"Checkov saw {seen} resources of {preset}, and the export has {resources}: what it does not see "
            "is not checked. Look at the plan with `terraform show -json`."
        )
    return _read(preset, answer)


def _read(preset: str, answer: dict[str, Any]) -> Scan:
    summary = _summary(answer)
    if summary["parsing_errors"] or summary["skipped"]:
        raise ScanError(f"Checkov could not read all of {preset}, or was told to skip a check: {summary}.")
    findings = [
        Finding(check=it["check_id"], where=it["resource"], message=it["check_name"])
        for it in answer["results"]["failed_checks"]
    ]
    passed = summary["passed"]
    return Scan(
        scanner="checkov",
        subject=preset,
        unit="checks",
        seen=passed + len(findings),
        passed=passed,
        findings=findings,
    )


def _summary(answer: dict[str, Any]) -> dict[str, Any]:
    """Counts; Checkov leaves the rest out where it saw nothing at all."""
    summary: dict[str, Any] = answer.get("summary", answer)
    return summary

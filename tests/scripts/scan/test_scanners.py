"""The scanners are really run: what is planted is found, and nothing leaves the machine."""

import subprocess
from pathlib import Path

import pytest

from scripts.scan import code, iam
from scripts.scan.documents import Document
from scripts.scan.environment import IAM_AND_CODE, Environment
from scripts.scan.errors import ScanError
from scripts.scan.scanners import chosen_presets, chosen_scanners


def identity(**statement: object) -> Document:
    content = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]}
    return Document(where="iam/rolePolicy/planted", kind="identity", content=content)


TIGHT = Document(
    where="iam/rolePolicy/tight",
    kind="identity",
    content=identity(Action=["s3:GetObject"], Resource=["arn:aws:s3:::shop-site/*"]).content,
)


def work_tree(folder: Path, **files: str) -> Path:
    """A git work tree with these files, none of them committed."""
    subprocess.run(["git", "init", "--quiet", str(folder)], check=True)  # noqa: S607 - git of the path
    for name, content in files.items():
        (folder / "app").mkdir(exist_ok=True)
        (folder / "app" / f"{name}.py").write_text(content)
    return folder


def test_parliament_finds_an_action_that_aws_does_not_have() -> None:
    planted = identity(Action=["s3:GetObjekt"], Resource=["arn:aws:s3:::shop-site/*"])
    (scan,) = iam.lint({"growth": [planted]})
    assert [(it.check, it.where) for it in scan.findings] == [("UNKNOWN_ACTION", "iam/rolePolicy/planted")]
    assert (scan.subject, scan.seen, scan.passed) == ("growth", 1, 0)


def test_parliament_finds_an_action_on_what_it_cannot_be_done_to() -> None:
    planted = identity(Action=["sqs:SendMessage"], Resource=["arn:aws:sns:us-east-1:123456789012:alarms"])
    (scan,) = iam.lint({"growth": [planted]})
    assert {it.check for it in scan.findings} == {"RESOURCE_MISMATCH"}


def test_cloudsplaining_finds_what_could_be_narrower_and_what_makes_one_administrator() -> None:
    planted = identity(Action=["iam:CreateAccessKey", "s3:GetObject"], Resource=["*"])
    (scan,) = iam.assess({"growth": [planted]})
    checks = {it.check for it in scan.findings}
    assert {"PrivilegeEscalation", "CredentialsExposure", "DataExfiltration", "ResourceExposure"} <= checks


def test_findings_are_of_the_document_and_preset_that_has_them() -> None:
    planted = identity(Action=["sqs:CreateQueue"], Resource=["*"])
    scans = {
        it.subject: it for it in iam.assess({"single": [TIGHT], "growth": [TIGHT, planted], "scale": [TIGHT]})
    }
    found = {name: {finding.where for finding in it.findings} for name, it in scans.items()}
    assert found == {"single": set(), "growth": {"iam/rolePolicy/planted"}, "scale": set()}
    assert [it.passed for it in scans.values()] == [1, 1, 1]


def test_a_preset_without_documents_is_an_error() -> None:
    with pytest.raises(ScanError, match="parliament saw no documents in scale"):
        iam.lint({"growth": [TIGHT], "scale": []})


def test_bandit_finds_a_planted_shell(tmp_path: Path) -> None:
    root = work_tree(tmp_path, planted="import os\nos.system(input())\n", harmless="A = 1\n")
    (scan,) = code.bandit(root)
    assert [(it.check, it.where) for it in scan.findings] == [
        ("B605 start_process_with_a_shell", "app/planted.py")
    ]
    assert (scan.seen, scan.passed) == (2, 1)


def test_code_that_bandit_cannot_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ScanError, match=r"bandit cannot read .*app/planted\.py"):
        code.bandit(work_tree(tmp_path, planted="def (:\n"))


def test_a_planted_key_is_found_before_it_is_committed_and_is_not_printed(tmp_path: Path) -> None:
    key = "AKIA" + "Q3XWZ7LBNV5TKPM2"
    (scan,) = code.secrets(work_tree(tmp_path, planted=f'KEY = "{key}"\n', harmless="A = 1\n"))
    (found,) = [it for it in scan.findings if it.check == "AWS Access Key"]
    assert found.where.startswith("app/planted.py@")
    assert key not in repr(scan)
    assert (scan.seen, scan.passed) == (2, 1)


def test_a_second_secret_in_a_file_is_another_finding(tmp_path: Path) -> None:
    lines = [f'password = "{word}"\n' for word in ("correct-horse-7", "battery-staple-9")]
    (scan,) = code.secrets(work_tree(tmp_path, planted="".join(lines)))
    assert len({it.where for it in scan.findings}) == 2


def test_secrets_are_looked_for_in_a_work_tree_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(ScanError, match="Scan a git work tree"):
        code.secrets(tmp_path)


def test_an_environment_that_cannot_be_installed_says_where_it_comes_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "planted.txt").write_text("no-such-scanner==1.0 --hash=sha256:" + "0" * 64 + "\n")
    monkeypatch.setattr("scripts.scan.environment.LOCKS", tmp_path)
    monkeypatch.setattr("scripts.scan.environment.HOME", tmp_path / "home")
    monkeypatch.setenv("UV_OFFLINE", "true")
    with pytest.raises(ScanError, match=r"(?s)could not be installed.*planted\.txt.*package index"):
        Environment("planted").make()


def test_an_environment_is_made_once() -> None:
    IAM_AND_CODE.make()
    marker = IAM_AND_CODE.folder / "installed"
    before = marker.stat().st_mtime_ns
    IAM_AND_CODE.make()
    assert marker.stat().st_mtime_ns == before


def test_a_scanner_that_breaks_is_an_error() -> None:
    with pytest.raises(ScanError, match=r"(?s)ended with 1:.*planted"):
        IAM_AND_CODE.run(["-c", "raise SystemExit('planted')"])


def test_what_does_not_exist_cannot_be_chosen() -> None:
    with pytest.raises(ScanError, match=r"There is no preset huge\. Presets: single, growth"):
        chosen_presets(["huge"])
    with pytest.raises(ScanError, match=r"There is no scanner tfsec\. Scanners: checkov"):
        chosen_scanners(["tfsec"], quick=False)


def test_the_quick_scanners_are_all_but_checkov() -> None:
    assert set(chosen_scanners(None, quick=False)) - set(chosen_scanners(None, quick=True)) == {"checkov"}

"""A finding is lived with for a written reason, as long as there is one."""

from pathlib import Path

import pytest

from scripts.scan import exceptions
from scripts.scan.errors import ScanError
from scripts.scan.exceptions import Exemption
from scripts.scan.findings import Finding, Scan
from scripts.scan.report import Report, document

ROOT = Path(__file__).resolve().parents[3]
REASON = "The bucket of logs would otherwise log to itself."


def exemption(**values: object) -> Exemption:
    given = {
        "scanner": "checkov",
        "check": "CKV_AWS_18",
        "where": ["aws_s3_bucket.*_log"],
        "reason": REASON,
        "owner": "maintainers",
        "since": "2026-11-29",
    }
    return Exemption.model_validate(given | values)


def scan(*where: str, subject: str = "growth", scanner: str = "checkov", check: str = "CKV_AWS_18") -> Scan:
    findings = [Finding(check=check, where=it, message="no log") for it in where]
    return Scan(scanner=scanner, subject=subject, unit="checks", seen=9, passed=3, findings=findings)


def written(folder: Path, text: str) -> Path:
    path = folder / "exceptions.yaml"
    path.write_text(text)
    return path


def test_an_excepted_finding_does_not_fail_and_keeps_its_reason() -> None:
    report = Report.of([scan("aws_s3_bucket.edge_log")], [exemption()], whole=True)
    assert report.passed
    (told,) = document(report)["scans"]
    assert not told["failed"]
    assert told["excepted"] == [
        {"check": "CKV_AWS_18", "where": "aws_s3_bucket.edge_log", "message": "no log", "reason": REASON}
    ]


@pytest.mark.parametrize(
    "other",
    [
        scan("aws_s3_bucket.site"),
        scan("aws_s3_bucket.edge_log", check="CKV_AWS_21"),
        scan("aws_s3_bucket.edge_log", scanner="bandit"),
        scan("aws_s3_bucket.edge_log", subject="single"),
    ],
    ids=["place", "check", "scanner", "preset"],
)
def test_an_exception_is_for_its_scanner_check_place_and_presets_only(other: Scan) -> None:
    report = Report.of([other], [exemption(presets=["growth", "scale"])], whole=False)
    assert [len(it.failed) for it in report.judged] == [1]
    assert not report.passed


def test_an_exception_that_nothing_answers_to_is_an_error() -> None:
    idle = exemption(where=["aws_s3_bucket.*_log", "aws_s3_bucket.gone"])
    report = Report.of([scan("aws_s3_bucket.edge_log")], [idle], whole=True)
    assert not report.passed
    assert document(report)["stale"] == [
        {"scanner": "checkov", "check": "CKV_AWS_18", "where": "aws_s3_bucket.gone"}
    ]


def test_a_preset_that_an_exception_names_in_vain_is_an_error() -> None:
    report = Report.of([scan("aws_s3_bucket.edge_log")], [exemption(presets=["growth", "scale"])], whole=True)
    assert [where for _, where in report.stale] == ["preset scale"]


def test_an_exception_is_not_idle_for_what_was_not_looked_at() -> None:
    other_scanner = exemption(scanner="bandit")
    assert Report.of([scan()], [other_scanner], whole=True).passed
    assert Report.of([scan()], [exemption()], whole=False).passed


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "entry 1 (B404), reason: Field required"),
        ("reason: because", "entry 1 (B404), reason: String should have at least 20 characters"),
        ("severity: low", "entry 1 (B404), severity: Extra inputs are not permitted"),
    ],
)
def test_an_exception_without_a_real_reason_is_refused(tmp_path: Path, line: str, said: str) -> None:
    entry = "- {scanner: bandit, check: B404, where: [a.py], owner: us, since: 2026-11-29"
    with pytest.raises(ScanError) as caught:
        exceptions.read(written(tmp_path, f"{entry}, {line}}}" if line else f"{entry}}}"))
    assert said in str(caught.value)


@pytest.mark.parametrize("missing", ["owner", "since", "where"])
def test_an_exception_says_who_answers_for_it_since_when_and_where(missing: str) -> None:
    values = exemption().model_dump(mode="json", exclude={missing, "presets"})
    with pytest.raises(ValueError, match=missing):
        Exemption.model_validate(values)


def test_what_is_no_list_of_exceptions_is_refused_without_a_traceback(tmp_path: Path) -> None:
    for text in ("nothing: here", "- just text", ": : :"):
        with pytest.raises(ScanError):
            exceptions.read(written(tmp_path, text))
    with pytest.raises(ScanError, match="cannot be read"):
        exceptions.read(tmp_path / "missing.yaml")


def test_a_scanner_that_saw_nothing_has_not_passed() -> None:
    with pytest.raises(ScanError, match="checkov saw no checks in scale"):
        Scan(scanner="checkov", subject="scale", unit="checks", seen=0, passed=0, findings=[])


def test_the_exceptions_of_the_project_can_be_read() -> None:
    assert exceptions.read(ROOT / exceptions.FILE)

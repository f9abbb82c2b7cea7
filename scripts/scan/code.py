"""bandit and detect-secrets on the files of the project."""

import json
import subprocess
from pathlib import Path

from scripts.scan.environment import IAM_AND_CODE
from scripts.scan.errors import ScanError
from scripts.scan.findings import Finding, Scan

SUBJECT = "code"
FOLDERS = ("app", "infra", "lambdas", "scripts")
"""What runs; tests assert, and make their own passwords up."""

LOCKS = (".txt",)
"""Locks of Python packages: what looks like a secret there is a checksum."""


def bandit(root: Path) -> list[Scan]:
    """What bandit says of the Python code in `root`. Raises ScanError when it cannot be run."""
    arguments = ["-m", "bandit", "--quiet", "--recursive", "--format", "json"]
    folders = [folder for folder in FOLDERS if (root / folder).is_dir()]
    answer = json.loads(IAM_AND_CODE.run([*arguments, *folders], cwd=root, fine=(0, 1)))
    if answer["errors"]:
        first = answer["errors"][0]
        raise ScanError(f"bandit cannot read {first['filename']}: {first['reason']}.")
    findings = [
        Finding(
            check=f"{it['test_id']} {it['test_name']}",
            where=_relative(it["filename"]),
            message=f"line {it['line_number']}: {it['issue_text']}",
        )
        for it in answer["results"]
    ]
    seen = [_relative(name) for name in answer["metrics"] if name != "_totals"]
    return [Scan.of_each("bandit", SUBJECT, "files", seen, findings)]


def secrets(root: Path) -> list[Scan]:
    """What detect-secrets says of every file in `root` that git has or would take.

    A finding's place is the file and the start of the secret's checksum, `file@1a2b3c4d`: an exception is
    for one text, and never for the next one that is put beside it.

    Raises:
        ScanError: it cannot be run, or `root` is no git work tree.
    """
    files = _files(root)
    arguments = ["-m", "detect_secrets", "--cores", "2", "scan", "--no-verify", *files]
    answer = json.loads(IAM_AND_CODE.run(arguments, cwd=root))
    findings = [
        Finding(
            check=it["type"],
            where=f"{_relative(file)}@{it['hashed_secret'][:8]}",
            message=f"line {it['line_number']}: it looks like a secret",
        )
        for file, found in answer["results"].items()
        for it in found
    ]
    return [Scan.of_each("detect-secrets", SUBJECT, "files", files, findings)]


def _files(root: Path) -> list[str]:
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        result = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise ScanError(f"git cannot list the files of {root}: {error}. Scan a git work tree.") from None
    names = sorted(set(filter(None, result.stdout.split("\0"))))
    return [name for name in names if not name.endswith(LOCKS) and (root / name).is_file()]


def _relative(name: str) -> str:
    return name.removeprefix("./")

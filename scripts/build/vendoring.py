"""Fetches an artifact's locked dependencies as wheels of its platform."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from scripts.build.errors import BuildError
from scripts.build.platforms import Platform

# Written for installers, different on each machine; METADATA and entry_points.txt are for programs and stay.
INSTALLER_RECORDS = {"RECORD", "INSTALLER", "REQUESTED", "WHEEL", "direct_url.json", "uv_cache.json"}
NOT_IMPORTED = ("bin", "include", "share")  # commands, C headers, manuals
LEFT_OUT = ".left-out.txt"


def vendor(lock: Path, target: Path, platform: Platform, *, leave_out: Iterable[str] = ()) -> None:
    """Install what the lock pins, except for the packages to leave out, into the new folder `target`.

    Only wheels whose hash the lock names are accepted. Nothing is resolved: the lock is complete. Of what
    comes with them, only what a program reads is kept.

    Raises:
        BuildError: uv, a wheel for the platform or the network is missing.
    """
    target.mkdir(parents=True)
    (target / LEFT_OUT).write_text("\n".join(leave_out))
    command = [
        *(find_uv(), "pip", "install", "--quiet", "--no-config", "--python", sys.executable),
        *("--target", str(target), "--require-hashes", "--only-binary", ":all:", "--no-deps"),
        *("--excludes", str(target / LEFT_OUT), "--requirements", str(lock)),
    ]
    if platform.wheels is not None:
        command += ["--python-platform", platform.wheels, "--python-version", platform.python]
    # What is pinned by its hash never changes: what was fetched once needs no network.
    if _run([*command, "--offline"]).returncode != 0:
        finished = _run(command)
        if finished.returncode != 0:
            raise BuildError(_explain(finished.stderr, lock, platform))
    _prune(target)


def find_uv() -> str:
    """Return the path of uv: beside this interpreter, else on the path.

    Raises:
        BuildError: there is none.
    """
    found = shutil.which("uv", path=Path(sys.executable).parent) or shutil.which("uv")
    if found is None:
        remedy = f"run `{sys.executable} -m pip install uv`"
        raise BuildError(f"uv is missing, which fetches the dependencies: {remedy}")
    return found


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)


def _explain(output: str, lock: Path, platform: Platform) -> str:
    """Turn what uv says into a message that names the package, the platform and the remedy."""
    # A wrong hash is followed by all that would have been right: no reader needs them.
    said = re.sub(r"\n +Expected:\n(?: +sha256:\w+\n)+", "\n", output).strip()
    wanted_by = f"{lock} for {platform.name} (Python {platform.python})"
    if missing := re.search(r"(\S+) has no (?:usable )?wheels", said):
        problem = f"{missing[1]} has no wheel, wanted by {wanted_by}"
        remedy = "allow a version that has one in the .in file beside the lock, and run `make lock`"
    elif "Hash mismatch" in said:
        problem = f"A package is not what is pinned by {wanted_by}"
        remedy = "run `make lock` if the change is meant"
    elif "Failed to fetch" in said or "Failed to download" in said:
        problem = f"A package cannot be fetched, wanted by {wanted_by}"
        remedy = "check the network, and repeat"
    else:
        problem = f"The packages cannot be installed, wanted by {wanted_by}"
        remedy = "run `make lock` if a lock was edited"
    return f"{problem}: {remedy}. uv says:\n{said}"


def _prune(target: Path) -> None:
    for name in NOT_IMPORTED:
        shutil.rmtree(target / name, ignore_errors=True)
    for record in target.glob("*.dist-info/*"):
        if record.name in INSTALLER_RECORDS:
            record.unlink()

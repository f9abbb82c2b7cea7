"""Reads the log files of the local cloud: one a process, below `<state>/logs`."""

from __future__ import annotations

import json
import sys
import time
from collections import deque
from collections.abc import Callable
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from scripts.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

Show = Callable[[Path, str, str], None]
"""Prints a line of a file; the colour tells the files apart."""

COLOURS = ("cyan", "magenta", "green", "yellow", "blue", "red")
FOLLOW_EVERY = 0.3  # seconds


class NoLogError(UserError):
    """No process of that name has written a log."""


def select_logs(state: Path, name: str | None) -> list[Path]:
    """Return the log files of all processes, or of those whose name starts with `name`, sorted."""
    files = sorted((state / "logs").glob("*.log"))
    if not files:
        raise NoLogError(f"there are no logs in {state / 'logs'}. Start something first: make up")
    chosen = [file for file in files if name is None or file.stem == name]
    chosen = chosen or [file for file in files if file.stem.startswith(name or "")]
    if not chosen:
        raise NoLogError(
            f"no process is called {name!r}. There are: {', '.join(file.stem for file in files)}."
        )
    return chosen


def print_line(file: Path, colour: str, line: str) -> None:
    """Print a line behind the name of its process."""
    Console(soft_wrap=True).print(Text.assemble((f"{file.stem:<24} ", colour), line.rstrip("\n")))


def print_json(file: Path, _colour: str, line: str) -> None:
    """Print a line as a JSON object, `{"process": ..., "line": ...}`."""
    sys.stdout.write(json.dumps({"process": file.stem, "line": line.rstrip("\n")}) + "\n")


def show_logs(files: Sequence[Path], lines: int, show: Show = print_line) -> None:
    """Print the last lines of each file, as `show` does."""
    for file, colour in zip(files, cycle(COLOURS), strict=False):
        with file.open(errors="replace") as log:
            for line in deque(log, maxlen=lines):
                show(file, colour, line)


def follow_logs(files: Sequence[Path], show: Show = print_line) -> None:
    """Print lines as they are written, until the user interrupts."""
    logs = [file.open(errors="replace") for file in files]
    try:
        for log in logs:
            log.seek(0, 2)
        while True:
            for file, log, colour in zip(files, logs, cycle(COLOURS), strict=False):
                for line in log:
                    show(file, colour, line)
            sys.stdout.flush()
            time.sleep(FOLLOW_EVERY)
    except KeyboardInterrupt:
        return
    finally:
        for log in logs:
            log.close()

"""What was asked for, what of it goes on, and what could not be done: a file each in `<state>/faults/`.

Whoever asks writes a request and waits for what becomes of it; the runtime begins it and ends it, so that a
fault also ends when whoever asked is gone.
"""

import json
import time
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal, get_args

from scripts.errors import UserError

Kind = Literal["kill", "freeze", "lag", "fill", "pause", "refuse", "fail", "hang", "slow", "delay", "expire"]
KINDS: tuple[Kind, ...] = get_args(Kind)
LONGEST = 600.0  # seconds: what was forgotten ends before its maker wonders for long
PATIENCE = 15.0  # seconds that the runtime has to begin a fault
POLL = 0.1


class FaultError(UserError):
    """A fault that nobody could begin."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A fault: asked for, begun where `begun_at` is set (seconds since the epoch), or impossible.

    Attributes:
        target: what it is done to: a process or the pattern of several, a function, a service of AWS.
        seconds: how long it lasts; 0 for what is done at once.
        problem: why it could not be begun.
    """

    id: str
    kind: Kind
    target: str
    seconds: float
    begun_at: float | None = None
    problem: str = ""

    def is_over(self, now: float) -> bool:
        """Tell whether it has lasted as long as it was to."""
        return self.begun_at is not None and now >= self.begun_at + self.seconds


class Book:
    """The faults of a state folder."""

    def __init__(self, state: Path) -> None:
        self._folder = state / "faults"

    def ask(self, kind: Kind, target: str, seconds: float) -> Fault:
        """Ask for a fault.

        Raises:
            FaultError: it would last longer than a fault may, or no time.
        """
        if not 0 <= seconds <= LONGEST:
            raise FaultError(f"A fault lasts up to {LONGEST:g} seconds, not {seconds:g}.")
        fault = Fault(id=uuid.uuid4().hex, kind=kind, target=target, seconds=seconds)
        self.write(fault)
        return fault

    def await_begin(self, fault: Fault, patience: float = PATIENCE) -> None:
        """Return when the runtime has begun a fault.

        Raises:
            FaultError: it could not, or does not run.
        """
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            found = self._read(self._path(fault.id))
            if found is None or found.begun_at is not None:
                return
            if found.problem:
                self.remove(fault.id)
                raise FaultError(found.problem)
            time.sleep(POLL)
        self.remove(fault.id)
        raise FaultError("Nothing has begun the fault: does the local cloud run? Start it with: make up")

    def heal(self) -> int:
        """Have all faults end now, and return how many there were."""
        found = self.faults()
        for fault in found:
            self.change(fault.id, lambda one: replace(one, seconds=0.0))
        return len(found)

    def faults(self) -> list[Fault]:
        """Return all faults, the oldest first."""
        paths = sorted(self._folder.glob("*.json"), key=lambda path: path.name)
        found = [fault for path in paths if (fault := self._read(path)) is not None]
        return sorted(found, key=lambda fault: fault.begun_at or float("inf"))

    def change(self, identifier: str, how: Callable[[Fault], Fault]) -> None:
        """Write a fault anew, if it is still there."""
        found = self._read(self._path(identifier))
        if found is not None:
            self.write(how(found))

    def write(self, fault: Fault) -> None:
        """Write a fault; a reader never sees half of it."""
        self._folder.mkdir(parents=True, exist_ok=True)
        partial = self._path(fault.id).with_suffix(".partial")
        partial.write_text(json.dumps(asdict(fault)), encoding="utf-8")
        partial.replace(self._path(fault.id))

    def remove(self, identifier: str) -> None:
        """Forget a fault."""
        self._path(identifier).unlink(missing_ok=True)

    def _path(self, identifier: str) -> Path:
        return self._folder / f"{identifier}.json"

    def _read(self, path: Path) -> Fault | None:
        try:
            return Fault(**json.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None

"""Who leads, of the runtimes of a state folder: whoever holds the lock on a file there.

The kernel takes the lock from one that dies. One that stands still keeps it: whoever waits for the lock sees
that the leader does not touch the file any more, and kills it, so that two never act at once. Standing still
is counted in looks of the one who waits, and not by the clock, which goes on while a laptop sleeps.
"""

import fcntl
import os
import signal
import time
from contextlib import suppress
from pathlib import Path

from scripts.local.ledger import RUNTIME, Ledger

FILE = "leader.lock"
POLL = 0.25  # seconds between two looks at the leader
# A leader touches the file twice a second, unless its machine is at its limit.
PATIENCE = 40  # looks


class Election:
    """One who may lead. Whoever has won does so until it leaves, or its process ends."""

    def __init__(self, state: Path, *, poll: float = POLL, patience: int = PATIENCE) -> None:
        self._path = state / FILE
        self._ledger = Ledger(state)
        self._poll = poll
        self._patience = patience
        self._lock = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)

    def win(self) -> bool:
        """Lead from now on, unless somebody else does."""
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def wait(self) -> str:
        """Return once this one leads: what has become of the one before, in words."""
        seen, looks, fate = 0, 0, "has ended"
        while not self.win():
            touched = self._path.stat().st_mtime_ns
            seen, looks = touched, looks + 1 if touched == seen else 0
            if looks >= self._patience:
                self._kill_leader()
                fate = f"stood still for {looks * self._poll:g} s and was killed"
                looks = 0
            time.sleep(self._poll)
        return fate

    def leave(self) -> None:
        """Lead no more, nor wait for it."""
        os.close(self._lock)

    def beat(self) -> None:
        """Show that the leader goes on."""
        os.utime(self._path)

    def _kill_leader(self) -> None:
        for entry in self._ledger.entries():
            if entry.role == RUNTIME and entry.pid != os.getpid() and self._ledger.is_alive(entry):
                with suppress(ProcessLookupError):
                    os.kill(entry.pid, signal.SIGKILL)

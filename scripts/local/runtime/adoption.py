"""Processes that another runtime has started, and this one goes on with."""

import asyncio

from scripts.local.ledger import RUNTIME, STANDBY, Entry, Ledger

POLL = 0.2  # seconds between looks at whether it still runs
# What it ended with, only the one who started it would have been told.
UNKNOWN = 256


def inherit(ledger: Ledger) -> dict[str, Entry]:
    """Return what another runtime has started and still runs, by name; end what the rest has left behind."""
    entries = [entry for entry in ledger.entries() if entry.role not in ("aws", RUNTIME, STANDBY)]
    alive = {entry.name: entry for entry in entries if ledger.is_alive(entry)}
    ledger.end([entry for entry in entries if entry.name not in alive])
    return alive


class Adopted:
    """A recorded process: what `asyncio.subprocess.Process` is for one's own."""

    def __init__(self, entry: Entry, ledger: Ledger) -> None:
        self.pid = entry.pid
        self.returncode: int | None = None
        self._entry = entry
        self._ledger = ledger

    async def wait(self) -> int:
        """Return once it has ended: always `UNKNOWN`."""
        while self.returncode is None:
            if self._ledger.is_alive(self._entry):
                await asyncio.sleep(POLL)
            else:
                self.returncode = UNKNOWN
        return self.returncode

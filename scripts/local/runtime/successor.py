"""Waits until the runtime of a state folder dies, and leads in its place: a light process until then."""

import logging
import os
from pathlib import Path

from scripts.local.ledger import RUNTIME, STANDBY, Ledger
from scripts.local.runtime import arguments
from scripts.local.runtime.election import Election
from scripts.local.timeline import Timeline

LOG = "runtime.log"


def main() -> None:
    """Wait for as long as it takes; lead until SIGTERM or SIGINT then, and end everything."""
    told = arguments.parse("scripts.local.runtime.successor", __doc__)
    election = Election(told.state)
    fate = election.wait()
    if not _succeed(Ledger(told.state)):
        return
    _go_on_with_log(told.state / "logs" / LOG)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    sentence = f"the runtime {fate}: its standby, process {os.getpid()}, leads from here on"
    Timeline(told.state).tell("health", RUNTIME, sentence)
    from scripts.local.runtime.leader import lead  # noqa: PLC0415 - large, and most standbys never lead

    lead(told, election, takes_over=True)


def _succeed(ledger: Ledger) -> bool:
    """Be recorded as the runtime. False if not recorded as its standby: everything was ended on purpose."""
    pid = os.getpid()
    own = next((entry for entry in ledger.entries() if entry.role == STANDBY and entry.pid == pid), None)
    if own is None:
        return False
    ledger.rename(own, RUNTIME)
    return True


def _go_on_with_log(path: Path) -> None:
    """Write where the runtime before has written."""
    with path.open("ab") as log:
        for stream in (1, 2):
            os.dup2(log.fileno(), stream)


if __name__ == "__main__":
    main()

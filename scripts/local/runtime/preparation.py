"""Before the runtime starts: everything needed is here, and nothing of an earlier run still runs."""

import os
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

from scripts.local.ledger import RUNTIME, Entry, Ledger, start_time
from scripts.local.runtime import notes
from scripts.local.runtime.election import Election
from scripts.local.runtime.errors import LocalRuntimeError
from scripts.local.runtime.servers import nginx, postgres_installation, redis, unprivileged

# What the runtime makes below its state folder and removes again; logs and caches stay.
OWN_FOLDERS = ("instances", "nginx", "functions", "caches", notes.FOLDER)
DATA_FOLDERS = ("database-*", "backups")


def prepare(state: Path) -> Election:
    """Claim the state folder, end what an earlier run left there, and find the servers' programs.

    Returns the election that this process has won: nobody else leads. Raises `LocalRuntimeError` when a
    program is missing, or when another runtime has this folder.
    """
    state.mkdir(parents=True, exist_ok=True)
    ledger, election = Ledger(state), Election(state)
    if not election.win():
        leaders = [f" (process {entry.pid})" for entry in ledger.runtimes()]
        raise LocalRuntimeError(
            f"A runtime already runs with the state folder {state}{''.join(leaders[-1:])}."
            " End it first: `make down`."
        )
    others = [entry for entry in ledger.entries() if entry.role != "aws" and entry.pid != os.getpid()]
    _record(ledger)
    ledger.end(others)
    _remove(state, OWN_FOLDERS)  # the data of one that died is kept: what is deployed still tells of it
    find_programs()
    postgres_installation.find(state)
    return election


def find_programs() -> None:
    """Raise `LocalRuntimeError` where a server's program is missing; cheap enough to ask before all else."""
    redis.find()
    nginx.find()
    postgres_installation.locate()


def remove_own_folders(state: Path) -> None:
    """Remove what a runtime made below `state` (but logs and caches), and its scratch folder."""
    _remove(state, OWN_FOLDERS + DATA_FOLDERS)
    unprivileged.remove_scratch(state)


def release(state: Path) -> None:
    """Take this process out of the ledger: it is about to end."""
    ledger = Ledger(state)
    if any(entry.pid == os.getpid() for entry in ledger.entries()):
        ledger.forget(RUNTIME)


def _remove(state: Path, patterns: Iterable[str]) -> None:
    for pattern in patterns:
        for folder in state.glob(pattern):
            shutil.rmtree(folder, ignore_errors=True)


def _record(ledger: Ledger) -> None:
    """Record this process, unless whoever started it has done so."""
    pid = os.getpid()
    if all(entry.pid != pid for entry in ledger.entries()):
        started = start_time(pid)
        command = list(sys.orig_argv)
        ledger.record(
            Entry(
                name=RUNTIME, role=RUNTIME, pid=pid, create_time=started, port=None, command=command, log=""
            )
        )

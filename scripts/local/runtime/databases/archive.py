"""What is kept of a database to have it again as it was: copies of its data, and the log since the oldest.

A folder has `wal/`, into which the server archives its log, and `base-N/`, each a copy with a note of when it
was complete and of the logins that RDS has there. A snapshot is such a folder of its own, whose files are
links, with a note of its moment.
"""

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from scripts.local.runtime.errors import LocalRuntimeError
from scripts.local.runtime.ports import HOST
from scripts.local.runtime.servers import postgres, unprivileged
from scripts.local.runtime.servers.postgres import Login, Server

# Segments of 16 MB of log since the newest copy, after which there is another one.
MOST_SEGMENTS = 16
COPIES = 2
SEGMENT_NAME = 24  # characters, of which the first 8 are the timeline's
NOTE = "backup.json"
MOMENT = "moment"
PARTIAL = "partial"


@dataclass(frozen=True)
class Base:
    """A copy of the data that was `complete_at` a time; `first` is the segment of the log it begins in."""

    folder: Path
    complete_at: datetime
    own: tuple[Login, Login]

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def first(self) -> str:
        label = (self.data / "backup_label").read_text(encoding="utf-8")
        return label.partition("(file ")[2][:SEGMENT_NAME]


class Archive:
    """The archive in a folder, which need not be there yet."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.wal = folder / "wal"

    @property
    def settings(self) -> dict[str, str]:
        """Those of a server that archives here; what is there already, as a standby has put it, it leaves."""
        there, new = f'"{self.wal}/%f"', f'"{self.wal}/%f.$$"'
        copy = f'test -f {there} || {{ /bin/cp "%p" {new} && /bin/mv {new} {there}; }}'
        return {"archive_mode": "on", "archive_command": copy}

    def prepare(self) -> None:
        """Make the folders, and let the server write into them."""
        for folder in (self.folder.parent, self.folder, self.wal):
            unprivileged.hand_over(folder)

    def bases(self) -> list[Base]:
        """Return the complete copies, the oldest first."""
        return sorted(map(_read, self.folder.glob(f"base-*/{NOTE}")), key=lambda base: base.complete_at)

    def is_due(self) -> bool:
        """Tell whether it is time for a copy."""
        bases = self.bases()
        return not bases or len(self._since(bases[-1])) > MOST_SEGMENTS

    def add_base(self, server: Server, own: tuple[Login, Login]) -> None:
        """Copy the data of a running server, and forget what is not needed any more.

        Raises:
            LocalRuntimeError: it does not answer.
        """
        partial_folder = self.folder / PARTIAL
        shutil.rmtree(partial_folder, ignore_errors=True)
        unprivileged.hand_over(partial_folder)
        server.back_up(partial_folder / "data", own[1])
        now = datetime.now(UTC)
        note = partial_folder / NOTE
        note.touch(mode=0o600)
        document = {"complete_at": now.isoformat(), "own": [[one.username, one.password] for one in own]}
        note.write_text(json.dumps(document), encoding="utf-8")
        partial_folder.rename(self.folder / f"base-{now:%Y%m%d%H%M%S%f}")
        self._prune()

    def has(self, segment: str) -> bool:
        """Tell whether a segment of the log has arrived."""
        return (self.wal / segment).exists()

    def take_snapshot(self, moment: datetime, folder: Path) -> None:
        """Keep in another folder what leads to a moment."""
        base = self._nearest(moment)
        being_made = folder.with_name(f"{folder.name}.{PARTIAL}")
        shutil.rmtree(being_made, ignore_errors=True)
        copy = Archive(being_made)
        copy.prepare()
        shutil.copytree(base.folder, being_made / base.folder.name, copy_function=os.link)
        for path in self._since(base):
            os.link(path, copy.wal / path.name)
        (being_made / MOMENT).write_text(moment.isoformat(), encoding="utf-8")
        being_made.rename(folder)

    @property
    def moment(self) -> datetime:
        """The moment of a snapshot."""
        return datetime.fromisoformat((self.folder / MOMENT).read_text(encoding="utf-8"))

    def restore(self, server: Server, moment: datetime | None, settings: Mapping[str, str]) -> Base:
        """Make a server's data as it was at a moment, None for the latest; return the copy that it came of.

        What was committed up to then is in it. At a moment before the first copy was complete, that counts.

        Raises:
            LocalRuntimeError: the log does not lead there.
        """
        base = self._nearest(moment)
        unprivileged.hand_over(server.folder)
        shutil.copytree(base.data, server.data)
        _hand_over_all(server.data)
        (server.data / "postgresql.auto.conf").write_text("", encoding="utf-8")
        (server.data / "recovery.signal").touch()
        server.configure({**settings, **self._recovery(base, moment)})
        with postgres.serving(server, partial(_has_recovered, server, base.own[0])):
            pass
        server.configure(settings)
        return base

    def _nearest(self, moment: datetime | None) -> Base:
        bases = self.bases()
        before = [base for base in bases if moment is None or base.complete_at <= moment]
        return before[-1] if before else bases[0]

    def _recovery(self, base: Base, moment: datetime | None) -> dict[str, str]:
        found = {
            "restore_command": f'/bin/cp "{self.wal}/%f" "%p"',
            "recovery_target_action": "promote",
            "hot_standby": "off",  # nobody is to read before it is done
        }
        if moment is None:
            return found
        if moment < base.complete_at:
            return found | {"recovery_target": "immediate"}
        return found | {"recovery_target_time": moment.isoformat()}

    def _since(self, base: Base) -> list[Path]:
        """Return the log from where a copy begins, with what tells of timelines."""
        first = base.first[8:]
        return [
            path
            for path in self.wal.iterdir()
            if path.suffix == ".history" or (len(path.name) == SEGMENT_NAME and path.name[8:] >= first)
        ]

    def _prune(self) -> None:
        bases = self.bases()
        for old in bases[:-COPIES]:
            shutil.rmtree(old.folder)
        needed = set(self._since(bases[-COPIES:][0]))
        for path in self.wal.iterdir():
            if len(path.name) == SEGMENT_NAME and path not in needed:
                path.unlink()


def _read(note: Path) -> Base:
    document = json.loads(note.read_text(encoding="utf-8"))
    administrator, replicator = (Login(*pair) for pair in document["own"])
    return Base(note.parent, datetime.fromisoformat(document["complete_at"]), (administrator, replicator))


def _hand_over_all(folder: Path) -> None:
    if unprivileged.user() is not None:
        for path, _, names in os.walk(folder):
            for name in ("", *names):
                unprivileged.give(Path(path, name))


def _has_recovered(server: Server, administrator: Login) -> bool:
    where = [f"--host={HOST}", f"--port={server.port}", f"--username={administrator.username}"]
    ask = ["--dbname=postgres", "--tuples-only", "--no-align", "--command=SELECT pg_is_in_recovery()"]
    try:
        return server.installation.run("psql", *where, *ask, password=administrator.password).strip() == "f"
    except LocalRuntimeError:
        return False

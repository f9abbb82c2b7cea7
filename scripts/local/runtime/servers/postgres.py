"""PostgreSQL: initialised, cloned by streaming replication, configured.

`running` and `replica_of` are for tests and tools; the runtime's `Databases` uses the parts below them.
"""

import contextlib
import re
import secrets
import shutil
import signal
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from scripts.local.runtime.errors import LocalRuntimeError
from scripts.local.runtime.ports import HOST, Ports
from scripts.local.runtime.servers import unprivileged
from scripts.local.runtime.servers.foreground import foreground
from scripts.local.runtime.servers.postgres_installation import Installation, find

# The roles that RDS has for itself: its superuser, and the one that replicas connect as.
ADMINISTRATOR = "rdsadmin"
REPLICATOR = "rdsrepladmin"
# A fast shutdown: open connections are cut off instead of being waited for.
STOP_SIGNAL = signal.SIGINT

# Durability stays as PostgreSQL has it by default (fsync, full_page_writes, synchronous_commit are on): an
# acknowledged commit survives the kill of any process, and of the machine as far as its disk keeps its word.
# What is changed is size: a laptop holds a whole stack.
SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",  # their paths may be 107 bytes long, which a checkout's can exceed
    "max_connections": "100",
    "shared_buffers": "48MB",
    "work_mem": "4MB",
    "maintenance_work_mem": "32MB",
    "effective_cache_size": "256MB",
    "huge_pages": "off",
    "max_wal_size": "256MB",
    "min_wal_size": "64MB",
    "wal_level": "replica",
    "max_wal_senders": "10",
    "max_replication_slots": "10",
    "max_slot_wal_keep_size": "1GB",  # a replica that stays away must not fill the disk
    "hot_standby": "on",
    "hot_standby_feedback": "on",
    "wal_receiver_status_interval": "1s",
    "wal_retrieve_retry_interval": "500ms",  # a replica finds its restarted primary at once
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "lc_messages": "C",
}
# What the local machine decides, whatever a parameter group says: addresses, memory, paths, encryption.
OURS = {*SETTINGS, "port", "data_directory", "hba_file", "ident_file", "config_file"} - {"max_connections"}
# A standby refuses to start with less of these than its primary has.
# https://www.postgresql.org/docs/18/hot-standby.html#HOT-STANDBY-ADMIN
AT_LEAST_AS_PRIMARY = (
    "max_connections",
    "max_prepared_transactions",
    "max_locks_per_transaction",
    "max_wal_senders",
    "max_worker_processes",
)
ACCESS = f"""\
# TYPE  DATABASE     USER          ADDRESS       METHOD
host    all          all           {HOST}/32  scram-sha-256
host    replication  {REPLICATOR}  {HOST}/32  scram-sha-256
"""


@dataclass(frozen=True)
class Login:
    """A role's name and password."""

    username: str
    password: str

    @classmethod
    def generate(cls, username: str) -> "Login":
        """Return a login with a new random password."""
        return cls(username, secrets.token_urlsafe(24))


class Server:
    """One data folder, the server to run on it, and its port at `HOST`."""

    def __init__(self, installation: Installation, folder: Path, port: int) -> None:
        self.installation = installation
        self.folder = folder
        self.port = port
        self.data = folder / "data"

    @property
    def command(self) -> list[str]:
        """The command line that runs the server in the foreground."""
        return [str(self.installation.programs / "postgres"), "-D", str(self.data)]

    def initialise(
        self, *, database: str, master: Login, own: tuple[Login, Login], settings: Mapping[str, str]
    ) -> None:
        """Make the data folder of a primary, as RDS leaves one behind: a database that the master user owns.

        `own` are the logins of `ADMINISTRATOR` and `REPLICATOR`. The master may create roles and databases,
        monitor and end sessions, and is no superuser: what RDS refuses is refused here too.
        """
        unprivileged.hand_over(self.folder)
        # Version 17 brought a collation that is the same on every system.
        builtin = ["--locale-provider=builtin"] if self.installation.version >= 17 else []
        options = ["--encoding=UTF8", "--locale=C.UTF-8", *builtin, "--auth=trust", "--no-sync"]
        self.installation.run("initdb", f"--pgdata={self.data}", f"--username={ADMINISTRATOR}", *options)
        (self.data / "pg_hba.conf").write_text(ACCESS, encoding="utf-8")
        self.configure(settings)
        # In single-user mode: no password ever stands in a file, a command line or an environment.
        statements = _roles(master, own) + _database(database, master.username)
        self.installation.run("postgres", "--single", "-D", str(self.data), "postgres", feed=statements)

    def clone(self, primary_port: int, replicator: Login, slot: str, settings: Mapping[str, str]) -> None:
        """Make the data folder of a hot standby that streams from the primary through its own slot."""
        unprivileged.hand_over(self.folder)
        options = ["--write-recovery-conf", "--create-slot", f"--slot={slot}"]
        self._copy(primary_port, replicator, self.data, *options)
        self.configure(settings)

    def back_up(self, to: Path, replicator: Login) -> None:
        """Copy the data of the server, which runs, into a folder; the copy can be started by itself."""
        self._copy(self.port, replicator, to)

    def _copy(self, port: int, replicator: Login, to: Path, *more: str) -> None:
        connection = [f"--host={HOST}", f"--port={port}", f"--username={replicator.username}"]
        options = ["--checkpoint=fast", "--wal-method=stream", "--no-sync", *more]
        self.installation.run(
            "pg_basebackup", f"--pgdata={to}", *connection, *options, password=replicator.password
        )

    def configure(self, settings: Mapping[str, str]) -> None:
        """Write the server's configuration: `settings` over `SETTINGS`, and its port."""
        lines = ({**SETTINGS, **settings} | {"port": str(self.port)}).items()
        text = "".join(f"{name} = {_literal(value)}\n" for name, value in lines)
        (self.data / "postgresql.conf").write_text(text, encoding="utf-8")

    def is_ready(self) -> bool:
        """Tell whether the server accepts connections."""
        try:
            self.installation.run("pg_isready", f"--host={HOST}", f"--port={self.port}")
        except LocalRuntimeError:
            return False
        return True


def accepted(installation: Installation, parameters: Mapping[str, str]) -> dict[str, str]:
    """Return those of a parameter group's parameters that the local server can follow.

    Left out are names that it does not know (such as `rds.force_ssl`), what the local machine decides (`OURS`
    and encryption), formulas over the instance's memory, and libraries that are not installed.
    """
    kept = {
        name: value
        for name, value in parameters.items()
        if name in installation.parameters - OURS and not name.startswith("ssl") and "{" not in value
    }
    if "shared_preload_libraries" in kept:
        wanted = re.split(r"\s*,\s*", kept.pop("shared_preload_libraries"))
        present = [library for library in wanted if library in installation.libraries]
        kept |= {"shared_preload_libraries": ",".join(present)} if present else {}
    return kept


def standby_settings(primary: Mapping[str, str], own: Mapping[str, str]) -> dict[str, str]:
    """Return a replica's settings: its own, but for those in which it must not fall behind its primary."""
    return {**own, **{name: primary[name] for name in AT_LEAST_AS_PRIMARY if name in primary}}


@dataclass(frozen=True, kw_only=True)
class Running:
    """A server that runs for the length of a `with` block; `url` is a libpq connection URL."""

    server: Server
    host: str
    port: int
    database: str
    master: Login
    administrator: Login
    replicator: Login

    @property
    def url(self) -> str:
        return f"postgresql://{self.master.username}:{self.master.password}@{self.host}:{self.port}/{self.database}"


@contextlib.contextmanager
def running(
    directory: Path,
    database: str = "shop",
    username: str = "shop",
    password: str | None = None,
    *,
    durable: bool = False,
) -> Iterator[Running]:
    """Run a primary in `directory` (which must exist) for the length of a `with` block; for tests and tools.

    Without a password it gets a random one. Nothing is left behind; as its data need not survive the
    machine, it does not wait for the disk unless it is to be `durable`.
    """
    with _home(directory, "primary") as (installation, folder):
        server = Server(installation, folder, Ports().take(directory.name))
        settings = {"fsync": "on" if durable else "off"}
        own = (Login.generate(ADMINISTRATOR), Login.generate(REPLICATOR))
        master = Login.generate(username) if password is None else Login(username, password)
        server.initialise(database=database, master=master, own=own, settings=settings)
        with serving(server, server.is_ready):
            yield Running(
                server=server,
                host=HOST,
                port=server.port,
                database=database,
                master=master,
                administrator=own[0],
                replicator=own[1],
            )


@contextlib.contextmanager
def replica_of(primary: Running, directory: Path) -> Iterator[Running]:
    """Run a streaming replica of `primary` in `directory` for the length of a `with` block."""
    with _home(directory, "replica") as (installation, folder):
        server = Server(installation, folder, Ports().take(directory.name))
        server.clone(primary.port, primary.replicator, f"replica_{server.port}", {"fsync": "off"})
        with serving(server, server.is_ready):
            yield Running(
                server=server,
                host=HOST,
                port=server.port,
                database=primary.database,
                master=primary.master,
                administrator=primary.administrator,
                replicator=primary.replicator,
            )


@contextlib.contextmanager
def _home(directory: Path, name: str) -> Iterator[tuple[Installation, Path]]:
    """Give an installation and a folder for one server below `directory`, and remove both at last."""
    folder = unprivileged.place(directory) / name
    try:
        yield find(directory), folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        unprivileged.remove_scratch(directory)


@contextlib.contextmanager
def serving(server: Server, ready: Callable[[], bool]) -> Iterator[None]:
    """Run a server whose data is there for the length of a `with` block, which begins once it is `ready`."""
    user = server.installation.user
    with foreground(server.command, server.folder, ready, user=user, stop_signal=STOP_SIGNAL):
        yield


def _roles(master: Login, own: tuple[Login, Login]) -> str:
    """Return the statements, one a line, that make the roles of an RDS instance."""
    administrator, replicator = own
    name = _identifier(master.username)
    return (
        f"ALTER ROLE {ADMINISTRATOR} PASSWORD {_literal(administrator.password)};\n"
        f"CREATE ROLE {REPLICATOR} LOGIN REPLICATION PASSWORD {_literal(replicator.password)};\n"
        "CREATE ROLE rds_superuser;\n"
        "GRANT pg_monitor, pg_signal_backend, pg_checkpoint TO rds_superuser;\n"
        f"CREATE ROLE {name} LOGIN CREATEDB CREATEROLE PASSWORD {_literal(master.password)};\n"
        f"GRANT rds_superuser TO {name} WITH ADMIN OPTION;\n"
    )


def _database(name: str, owner: str) -> str:
    if name == "postgres":  # every cluster has it
        return f"ALTER DATABASE postgres OWNER TO {_identifier(owner)};\n"
    return f"CREATE DATABASE {_identifier(name)} OWNER {_identifier(owner)};\n"


def _literal(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'

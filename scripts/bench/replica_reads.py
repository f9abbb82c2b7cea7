"""`replica-reads`: which server answers the shop's reads, with no replica, with one and with two.

Every request is a read that no cache has. Counted are the lookups in the index of products that each server
made, by its own statistics: nothing else in the shop looks there, and it does not depend on the machine.
"""

import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import pg8000.native  # type: ignore[import-untyped] # it has no annotations

from scripts.bench.errors import BenchError
from scripts.bench.figure import Figure, Goal
from scripts.bench.plot import save, stacked_bars
from scripts.bench.served import served
from scripts.bench.shop import ROOT, Shop, shop
from scripts.local.runtime.servers import postgres

REPLICAS = 2
RUNS = 3
REQUESTS = 1_000
PATH = "/products?limit=5"
COUNTED_WITHIN = 60.0  # seconds; a server's statistics are complete once the connections have ended
LOOKUPS = "SELECT idx_scan FROM pg_stat_user_tables WHERE relname = 'products'"

Shares = Mapping[str, float]  # server -> its part of the reads


def measure() -> list[Figure]:
    """Return the figure, and draw who answered."""
    with tempfile.TemporaryDirectory(prefix="blueprint-bench-") as folder, ExitStack() as stack:
        found = stack.enter_context(shop(Path(folder)))
        replicas = []
        for number in range(1, REPLICAS + 1):
            home = Path(folder) / f"replica-{number}"
            home.mkdir()
            replicas.append(stack.enter_context(postgres.replica_of(found.database, home)))
        by_count = {
            count: [_shares(found, replicas[:count]) for _ in range(RUNS)] for count in range(REPLICAS + 1)
        }
    return [
        Figure(
            name=f"replica-reads: the primary's share with {REPLICAS} replicas",
            unit="%",
            samples=[shares["primary"] * 100 for shares in by_count[REPLICAS]],
            reference=[shares["primary"] * 100 for shares in by_count[0]],
            reference_name="with none",
            goal=Goal(limit=5),
            parts={
                f"{server}, {count} replicas": shares[server] * 100
                for count, (shares, *_) in by_count.items()
                for server in shares
            },
            picture=_draw(by_count),
        )
    ]


def _shares(found: Shop, replicas: Sequence[postgres.Running]) -> Shares:
    """Serve requests with these replicas, and return the part of the reads that each server answered."""
    readers = ",".join(f"{replica.host}:{replica.port}" for replica in replicas)
    servers = {"primary": found.database} | {
        f"replica {number}": replica for number, replica in enumerate(replicas, 1)
    }
    before = {name: _lookups(server) for name, server in servers.items()}
    with served("app.main:app", found.variables | {"DATABASE_READERS": readers}, "/live") as ours:
        ours.get([PATH] * REQUESTS)
    deadline = time.monotonic() + COUNTED_WITHIN
    while True:
        reads = {name: _lookups(server) - before[name] for name, server in servers.items()}
        if sum(reads.values()) >= REQUESTS:
            return {name: count / sum(reads.values()) for name, count in reads.items()}
        if time.monotonic() > deadline:
            raise BenchError(f"the servers count {reads} reads, and not the {REQUESTS} that were asked for")
        time.sleep(0.1)


def _lookups(server: postgres.Running) -> int:
    login = server.master
    connection = pg8000.native.Connection(
        login.username, server.host, server.database, server.port, login.password
    )
    [[count]] = connection.run(LOOKUPS)
    connection.close()
    return int(count)


def _draw(by_count: Mapping[int, Sequence[Shares]]) -> str:
    groups = {
        f"{count} replica{'' if count == 1 else 's'}": {
            server: sorted(shares[server] for shares in runs)[len(runs) // 2] * 100 for server in runs[0]
        }
        for count, runs in by_count.items()
    }
    figure = stacked_bars(groups, title="Who answers the shop's reads", label="share of read queries, %")
    return save(figure, ROOT / "dist" / "bench", "replica-reads")

"""`order-write`: orders a second over HTTP, beside pgbench with the statements of the same transaction.

pgbench's script is read from the server's log of one order, so it is what the shop does where an order comes
alone; where many come at once, the shop takes them together. Both run on the same PostgreSQL, which waits for
its disk, in turns of some seconds, and each with as many clients as suit it; what counts is the ratio of each
pair. Once the orders are of all products, and once all of them are of one, which everybody wants.
"""

import json
import os
import re
import selectors
import socket
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from statistics import median
from typing import NamedTuple

import pg8000.native  # type: ignore[import-untyped] # it has no annotations
import psutil

from scripts.bench.customers import signed_in
from scripts.bench.errors import BenchError
from scripts.bench.figure import Figure, Goal
from scripts.bench.pgbench import Statement, script, transaction
from scripts.bench.served import Served, served
from scripts.bench.shop import PRODUCTS, Shop, shop
from scripts.local.runtime.ports import HOST

RUNS = 5
SECONDS = 5  # a run and subject
CLIENTS = 64  # of the shop: its workers never lack requests
PGBENCH_CLIENTS = 16  # it is fastest with 8 to 16
WARM = 5  # orders before the one whose statements are read
KEY = f"\\set key random(0, {2**60 - 1})"
PRODUCT = 2_777  # of the order whose statements are read: a number that nothing else in them has
WANTED = 1_000_000  # pieces of the product that everybody wants


# No limits; and what is published afterwards, by one of all instances, is published elsewhere.
MEASURED_ALONE = {"ACCOUNT_LIMIT": "none", "ADDRESS_LIMIT": "none", "EVENTS_REGION": "eu-central-1"}


class Choice(NamedTuple):
    """What is ordered: by the how manieth order of the shop, and as pgbench draws it."""

    name: str
    product: Callable[[int], int]
    drawn: str


CHOICES = (
    Choice("POST /orders", lambda number: number * 7 % PRODUCTS + 1, f"random(1, {PRODUCTS})"),
    Choice("POST /orders, all of one product", lambda _: PRODUCT, str(PRODUCT)),
)


def measure() -> list[Figure]:
    """Return the figures."""
    with tempfile.TemporaryDirectory(prefix="blueprint-bench-") as name:
        folder = Path(name)
        with shop(folder, durable=True) as found, signed_in(folder) as (identity, token):
            variables = found.variables | identity | MEASURED_ALONE
            scripts = _scripts(found, variables, token, folder)
            with served("app.main:app", variables, "/live", workers=os.cpu_count() or 1) as ours:
                _post(ours, token, 2, CHOICES[0])  # warm
                turns = [_turn(found, ours, token, scripts) for _ in range(RUNS)]
    return [
        figure
        for choice, runs in zip(CHOICES, zip(*turns, strict=True), strict=True)
        for figure in _figures(choice, [own for own, _ in runs], [other for _, other in runs])
    ]


class Run(NamedTuple):
    """Orders a second, and the CPU of one in µs: of PostgreSQL, and of whoever asked it."""

    orders: float
    database: float
    asking: float


def _figures(choice: Choice, ours: list[Run], pgbench: list[Run]) -> list[Figure]:
    name = f"pgbench, {PGBENCH_CLIENTS} clients"
    throughput = Figure(
        name=f"order-write: {choice.name}, {CLIENTS} clients",
        unit="orders/s",
        samples=[run.orders for run in ours],
        reference=[run.orders for run in pgbench],
        reference_name=name,
        goal=Goal(limit=0.6, of="ratio", bound="at least"),
    )
    cpu = Figure(
        name=f"order-write: {choice.name}, PostgreSQL's part included",
        unit="µs CPU",
        samples=[run.database + run.asking for run in ours],
        reference=[run.database + run.asking for run in pgbench],
        reference_name=name,
        goal=Goal(limit=1.67, of="ratio"),  # the same in other words, where the processor is what is short
        parts={
            "the shop": median(run.asking for run in ours),
            "PostgreSQL, for the shop": median(run.database for run in ours),
            "pgbench": median(run.asking for run in pgbench),
            "PostgreSQL, for pgbench": median(run.database for run in pgbench),
        },
    )
    return [throughput, cpu]


def _turn(found: Shop, ours: Served, token: str, scripts: Mapping[Choice, Path]) -> list[tuple[Run, Run]]:
    return [_run(found, ours, token, choice, path) for choice, path in scripts.items()]


def _run(found: Shop, ours: Served, token: str, choice: Choice, path: Path) -> tuple[Run, Run]:
    """Place orders over HTTP for some seconds, and then by pgbench."""
    database, shop_before = _cpu_of(found), ours.cpu_seconds()
    placed, seconds = _post(ours, token, SECONDS, choice)
    between = _cpu_of(found)
    by_shop = Run(
        placed / seconds,
        (between - database) / placed * 1e6,
        (ours.cpu_seconds() - shop_before) / placed * 1e6,
    )
    own = children_cpu()
    count, tps = _pgbench(found, path)
    by_pgbench = Run(tps, (_cpu_of(found) - between) / count * 1e6, (children_cpu() - own) / count * 1e6)
    return by_shop, by_pgbench


def children_cpu() -> float:
    """Return the CPU seconds of the processes that this one started and that have ended."""
    taken = psutil.Process().cpu_times()
    return taken.children_user + taken.children_system


def _cpu_of(found: Shop) -> float:
    """Return the CPU seconds of the server's processes, also of those that have ended."""
    [server] = [
        process
        for process in psutil.Process().children()
        if process.cmdline()[:1] == [found.database.server.command[0]]
        and str(found.database.server.data) in process.cmdline()
    ]
    total = 0.0
    for child in server.children():
        with suppress(psutil.NoSuchProcess):  # it has ended, and is among those of its parent
            times = child.cpu_times()
            total += times.user + times.system
    taken = server.cpu_times()
    return total + taken.user + taken.system + taken.children_user + taken.children_system


def _scripts(found: Shop, variables: dict[str, str], token: str, folder: Path) -> dict[Choice, Path]:
    """Have enough of the product that everybody wants, and write pgbench's scripts where it may read them."""
    with _administering(found) as connection:
        connection.run("UPDATE products SET stock = :stock WHERE id = :id", stock=WANTED, id=PRODUCT)
    statements, changing = _statements(found, variables, token)
    folder.chmod(0o755)  # PostgreSQL's programs run under another id than root's
    paths = {}
    for number, choice in enumerate(CHOICES):
        paths[choice] = folder / f"order-{number}.sql"
        setting = f"\\set product {choice.drawn}\n{KEY}"
        paths[choice].write_text(script(statements, setting, changing), encoding="utf-8")
        paths[choice].chmod(0o644)
    return paths


def _statements(found: Shop, variables: dict[str, str], token: str) -> tuple[list[Statement], dict[str, str]]:
    """Place an order while the server logs statements; return them, and what in them differs each time.

    It is not the first one: on a new connection, the driver asks for types between the statements.
    """
    log = found.database.server.folder / "server.log"
    before = log.stat().st_size
    key = str(uuid.uuid4())
    with _logging(found), served("app.main:app", variables, "/live") as ours:
        for _ in range(WARM):
            _exchange(ours, _request(token, PRODUCT, str(uuid.uuid4())))
        answer = _exchange(ours, _request(token, PRODUCT, key))
    placed = json.loads(answer.partition(b"\r\n\r\n")[2])["id"]
    with log.open(encoding="utf-8") as file:
        file.seek(before)
        statements = transaction(file.read(), "INSERT INTO orders")
    if not statements:
        raise BenchError(f"the log has no transaction that writes an order: {log}")
    # An id of the same millisecond and slot; 60 of its bits are new.
    identifier = f"('{placed.replace('-', '')[:16]}8' || lpad(to_hex(:key::bigint), 15, '0'))::uuid"
    return statements, {placed: identifier, key: "('key-' || :key)", str(PRODUCT): ":product::bigint"}


@contextmanager
def _logging(found: Shop) -> Iterator[None]:
    """Have sessions that begin inside the block log their statements."""
    database = found.database.database
    with _administering(found) as connection:
        connection.run(f"ALTER DATABASE {database} SET log_statement = 'all'")
        yield
        connection.run(f"ALTER DATABASE {database} RESET log_statement")


@contextmanager
def _administering(found: Shop) -> Iterator[pg8000.native.Connection]:
    """Lend a connection of the administrator."""
    server, login = found.database, found.database.administrator
    connection = pg8000.native.Connection(
        login.username, server.host, server.database, server.port, login.password
    )
    try:
        yield connection
    finally:
        connection.close()


def _pgbench(found: Shop, path: Path) -> tuple[int, float]:
    """Return the transactions of pgbench, and how many it had a second."""
    server = found.database
    options = ["--no-vacuum", "--protocol=prepared", f"--client={PGBENCH_CLIENTS}", f"--time={SECONDS}"]
    target = [f"--host={server.host}", f"--port={server.port}", f"--username={server.master.username}"]
    said = server.server.installation.run(
        "pgbench", *options, *target, f"--file={path}", server.database, password=server.master.password
    )
    tps = re.search(r"^tps = ([\d.]+)", said, re.MULTILINE)
    count = re.search(r"^number of transactions actually processed: (\d+)", said, re.MULTILINE)
    if tps is None or count is None or "number of failed transactions: 0 " not in said:
        raise BenchError(f"pgbench did not run the order's statements:\n{said}")
    return int(count[1]), float(tps[1])


def _request(token: str, product: int, key: str) -> bytes:
    lines = [{"product_id": product, "quantity": 1}]
    body = json.dumps({"customer_email": "ada@example.com", "lines": lines}).encode()
    head = (
        f"POST /orders HTTP/1.1\r\nhost: {HOST}\r\ncontent-type: application/json\r\n"
        f"authorization: Bearer {token}\r\nidempotency-key: {key}\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _exchange(server: Served, request: bytes) -> bytes:
    with socket.create_connection((HOST, server.port)) as connection:
        connection.sendall(request)
        return _placed(connection)


def _placed(connection: socket.socket) -> bytes:
    """Receive an answer; it is one packet, as an order is small."""
    answer = connection.recv(65_536)
    if not answer.startswith(b"HTTP/1.1 201 "):
        raise BenchError(f"POST /orders was answered with {answer.decode(errors='replace')}")
    return answer


def _post(server: Served, token: str, seconds: float, choice: Choice) -> tuple[int, float]:
    """Place orders with `CLIENTS` connections, each the next one when its answer is there.

    Returns:
        How many, and the seconds that they took.
    """
    numbers = count()
    placed = 0
    with selectors.DefaultSelector() as waiting:
        connections = [socket.create_connection((HOST, server.port)) for _ in range(CLIENTS)]
        try:
            for connection in connections:
                waiting.register(connection, selectors.EVENT_READ, connection)
                connection.sendall(_request(token, choice.product(next(numbers)), str(uuid.uuid4())))
            started = time.perf_counter()
            while (taken := time.perf_counter() - started) < seconds:
                for ready, _ in waiting.select(timeout=seconds):
                    connection = ready.data
                    _placed(connection)
                    placed += 1
                    connection.sendall(_request(token, choice.product(next(numbers)), str(uuid.uuid4())))
        finally:
            for connection in connections:
                connection.close()
    return placed, taken

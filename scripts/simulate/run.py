"""A simulation from its begin to its end, and what became of the positions."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import httpx

from scripts.db.errors import DbError
from scripts.db.reach import reached
from scripts.local.people import PASSWORD
from scripts.simulate.couriers import Courier, Route, Tally, shifts
from scripts.simulate.errors import SimulationError

ADMIN = "admin@example.com"  # may report for every courier
# Rows that one statement wrote bear the same transaction id.
WRITES = """
    SELECT count(DISTINCT xmin::text) AS writes, count(*) AS rows FROM courier_positions
    WHERE courier_id LIKE $1 AND recorded_at > now() - interval '1 day'
"""


class Written(NamedTuple):
    """How many statements wrote a run's positions, and how many rows these are."""

    writes: int
    rows: int


def new_run() -> str:
    """Return a name that no run had before; its couriers' ids begin with it."""
    return f"sim-{uuid4().hex[:6]}"


def sign_in(site: str) -> str:
    """Return the token of somebody who may report for every courier.

    Raises:
        SimulationError: the shop does not answer, or does not know them.
    """
    try:
        said = {"email": ADMIN, "password": PASSWORD}
        answer = httpx.post(f"{site}/accounts/sign-in", json=said, timeout=30)
    except httpx.HTTPError as error:
        raise SimulationError(f"{site} does not answer: {error}. Look at: make status") from None
    if answer.status_code != 200:
        raise SimulationError(
            f"{site} does not sign {ADMIN} in ({answer.status_code}). That account is in local stacks alone."
        )
    return str(answer.json()["access_token"])


def drive(run: str, count: int, route: Route, watch: Callable[[Tally], None]) -> tuple[Tally, float]:
    """Have so many couriers report until `watch` returns or Ctrl-C comes; return tally and seconds."""
    tally = Tally()
    running = shifts([Courier(f"{run}-{number}") for number in range(count)], route, tally)
    started = time.monotonic()
    for shift in running:
        shift.start()
    try:
        watch(tally)
    except KeyboardInterrupt:
        pass
    finally:
        for shift in running:
            shift.stop()
        for shift in running:
            shift.join()
    return tally, time.monotonic() - started


async def written(state: Path, run: str) -> Written | None:
    """Return what the database has of a run; None where it cannot be reached from here."""
    try:
        async with reached(state) as reach, reach.connection(min(reach.shards)) as connection:
            row = await connection.fetchrow(WRITES, f"{run}-%")
    except DbError:
        return None
    return Written(row["writes"], row["rows"]) if row else None

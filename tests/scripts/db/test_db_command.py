"""`blueprint db` on real databases."""

import asyncio
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest

from app.platform.aws import Aws
from app.platform.partitions import AHEAD
from app.platform.secret import DatabaseSecret
from app.platform.settings import Address, DatabaseSettings
from app.platform.slots import SLOTS, placed, slot_of_key
from scripts.db.errors import DbError
from scripts.db.queries import QUERIES
from scripts.db.reach import Reach
from scripts.db.work import explained
from scripts.local.ledger import Entry, Ledger, start_time
from tests.app.directory import DirectoryTable
from tests.app.shop import client
from tests.scripts.command import Command
from tests.waiting import PATIENCE

db = Command("db", DbError)


def run_sql(variables: dict[str, str], shard: int, sql: str, *values: object) -> None:
    """Run a statement on a shard."""
    host, _, port = variables["DATABASE_SHARDS"].split(",")[shard - 1].rpartition(":")

    async def run() -> None:
        with Aws() as aws:
            login = await DatabaseSecret(aws, variables["DATABASE_SECRET_ARN"]).read()
        connection = await asyncpg.connect(
            host=host,
            port=int(port),
            user=login.username,
            password=login.password,
            database=variables["DATABASE_NAME"],
            timeout=PATIENCE,
        )
        await connection.execute(sql, *values)
        await connection.close()

    asyncio.run(run())


def test_where_nothing_runs_it_says_how_to_start_it_or_to_look_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_WRITER", raising=False)

    said = db.refusal("shards", "--state", str(tmp_path))

    assert "no local stack runs" in said
    assert "make up" in said
    assert "DATABASE_WRITER" in said


def test_an_environment_that_is_incomplete_is_explained(
    variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_NAME")

    assert "DATABASE_NAME is missing" in db.refusal("shards")


def test_a_database_that_is_down_is_named(variables: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_SHARDS", "127.0.0.1:1")

    assert db.refusal("shards").startswith("127.0.0.1:1 does not answer")


def test_what_an_instance_of_the_local_stack_was_told_leads_to_the_databases(
    variables: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = [sys.executable, "-c", "import time; time.sleep(600)"]
    instance = subprocess.Popen(command, env=variables)
    for name in variables:
        monkeypatch.delenv(name)
    entry = Entry(
        name="i-1",
        role="app",
        pid=instance.pid,
        create_time=start_time(instance.pid),
        port=None,
        command=command,
        log="",
    )
    Ledger(tmp_path).record(entry)

    found = db.json("shards", "--state", str(tmp_path))
    instance.kill()
    instance.wait()

    assert [shard["number"] for shard in found] == [1, 2]


def test_resharding_moves_what_is_elsewhere_and_then_nothing(variables: dict[str, str]) -> None:
    moving = [slot for slot, shard in enumerate(placed([1, 2])) if shard == 2][:5]
    at_1 = "UPDATE shard_slots SET state = 'owned', epoch = 1, moved_to = NULL WHERE slot = ANY($1)"
    at_2 = "UPDATE shard_slots SET state = 'cleared', epoch = 1, moved_to = 1 WHERE slot = ANY($1)"
    run_sql(variables, 2, at_2, moving)
    run_sql(variables, 1, at_1, moving)

    before = db.json("shards")
    result = db.json("reshard", "--to", "2")
    after = db.json("shards")
    again = db("reshard", "--to", "2")

    assert sum(shard["slots"] for shard in before) == sum(shard["slots"] for shard in after) == SLOTS
    assert after[1]["slots"] - before[1]["slots"] == 5
    assert result == {"shards": 2, "slots": SLOTS, "moved": 5, "share": 5 / SLOTS}
    assert [round(shard["share"] * SLOTS) for shard in after] == [shard["slots"] for shard in after]
    assert "Nothing to do" in again.stdout
    assert "being moved" in db("shards").stdout


def test_resharding_moves_a_key_that_was_placed_by_hand_and_leaves_it_there(
    variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = directory_of(variables)
    monkeypatch.setenv("DATABASE_SHARD_DIRECTORY", directory.name)
    key = next(f"account-{number}" for number in range(100) if shard_by_hash(f"account-{number}") == 1)

    directory.place(key, 2)
    moved = db.json("reshard", "--to", "2")
    again = db.json("reshard", "--to", "2")
    directory.place(key, 3)
    refused = db.refusal("reshard", "--to", "2")
    directory.place(key, 1)
    back = db.json("reshard", "--to", "2")
    directory.drop()

    assert (moved["moved"], again["moved"], back["moved"]) == (1, 0, 1)
    assert f"places {key} on shard 3, which is not one of 1 to 2" in refused


def directory_of(variables: dict[str, str]) -> DirectoryTable:
    """A directory of the two shards."""
    made = DirectoryTable(client(variables, "dynamodb"))
    for number, writer in enumerate(variables["DATABASE_SHARDS"].split(","), 1):
        made.shard(number, writer=writer, secret_arn=variables["DATABASE_SECRET_ARN"])
    return made


def shard_by_hash(key: str) -> int:
    return placed([1, 2])[slot_of_key(key)]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["reshard", "--to", "3"], "shard 3 is not known: there are 2. Deploy it first"),
        (["partitions", "--shard", "3"], "there is no shard 3. There are: 1, 2."),
        (["explain", "orders.all"], "no query is called 'orders.all'. There are: best-sellers.sales"),
    ],
)
def test_what_is_not_there_is_refused_with_a_remedy(
    variables: dict[str, str], arguments: list[str], said: str
) -> None:
    assert said in db.refusal(*arguments)


def test_fewer_shards_than_one_are_refused(variables: dict[str, str]) -> None:
    result = db("reshard", "--to", "0")

    assert result.exit_code == 2
    assert "greater than or equal to 1" in result.output


def test_lag_tells_how_far_a_replica_is_behind_and_which_does_not_answer(
    variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_SHARDS")
    monkeypatch.setenv("DATABASE_READERS", f"{variables['DATABASE_READERS']},127.0.0.1:1")

    alive, dead = db.json("lag")

    assert alive["bytes"] >= 0
    assert alive["seconds"] >= 0
    assert (dead["address"], dead["bytes"], dead["seconds"]) == ("127.0.0.1:1", None, None)
    assert "does not answer" in db("lag").stdout


def test_partitions_lists_the_months_of_each_table(variables: dict[str, str]) -> None:
    found = db.json("partitions", "--shard", "2")

    orders = [part["name"] for part in found if part["table"] == "orders"]
    assert len(orders) == AHEAD + 3
    assert orders[:2] == ["orders_past", f"orders_{datetime.now(UTC):%Y_%m}"]
    assert orders[-1] == "orders_future"
    assert {part["state"] for part in found} == {"attached"}
    assert "courier_positions_past" in db("partitions").stdout


def test_maintaining_shows_what_it_did_and_a_detached_month_is_still_listed(
    variables: dict[str, str],
) -> None:
    run_sql(variables, 2, "CREATE TABLE courier_positions_2020_01 (LIKE courier_positions)")
    run_sql(
        variables,
        2,
        "ALTER TABLE courier_positions DETACH PARTITION courier_positions_past;"
        "ALTER TABLE courier_positions ATTACH PARTITION courier_positions_2020_01 "
        "FOR VALUES FROM (MINVALUE) TO ('2020-02-01')",
    )
    run_sql(
        variables,
        2,
        "ALTER TABLE courier_positions DETACH PARTITION courier_positions_2020_01;"
        "ALTER TABLE courier_positions ATTACH PARTITION courier_positions_past "
        "FOR VALUES FROM (MINVALUE) TO ('2020-01-01');"
        "ALTER TABLE courier_positions ATTACH PARTITION courier_positions_2020_01 "
        "FOR VALUES FROM ('2020-01-01') TO ('2020-02-01')",
    )

    changes = db.json("maintain")
    again = db("maintain")

    assert changes == [{"shard": 2, "partition": "courier_positions_2020_01", "what": "detached"}]
    assert "Nothing to do" in again.stdout
    [part] = [part for part in db.json("partitions", "--shard", "2") if part["state"] == "detached"]
    assert part["name"] == "courier_positions_2020_01"


def test_explain_shows_both_plans(variables: dict[str, str]) -> None:
    result = db("explain", "orders.order")
    found = db.json("explain", "orders.order")

    assert result.exit_code == 0, result.exception
    assert "orders.order uses orders_pkey" in result.stdout
    assert "with its indexes" in result.stdout
    assert "buffers" in result.stdout
    assert "without" in result.stdout
    assert found["indexes"] == ["orders_pkey"]
    assert "_pkey" not in json.dumps([one["without"] for one in found["statements"]])
    assert "Seq Scan" not in json.dumps([one["with"] for one in found["statements"]])


def test_explain_shows_an_index_that_so_few_rows_do_not_need(variables: dict[str, str]) -> None:
    result = db("explain", "catalog.search")
    found = db.json("explain", "catalog.search")

    assert "of so few rows; told not to, it uses products_search" in result.stdout
    assert (found["indexes"], found["kept"], found["is_told"]) == (["products_search"], [], True)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("couriers.store", "couriers.store needs courier_latest_pkey for ON CONFLICT, which stays"),
        ("orders.insert", "orders.insert uses no index"),
    ],
)
def test_explain_leaves_what_a_query_cannot_be_asked_without(
    variables: dict[str, str], name: str, said: str
) -> None:
    assert said in db("explain", name).stdout


def test_explain_without_a_name_lists_the_queries(variables: dict[str, str]) -> None:
    assert db("explain").stdout.split() == list(QUERIES)


async def test_explain_is_refused_where_it_would_lock_the_tables_of_others(
    variables: dict[str, str],
) -> None:
    settings = DatabaseSettings.from_environment(variables)
    elsewhere = settings.model_copy(update={"writer": Address("db.example.com", 5432)})

    with Aws() as aws, pytest.raises(DbError, match=r"db.example.com:5432 is not on this machine.* --anyway"):
        await explained(Reach({1: elsewhere}, aws), QUERIES["orders.order"], anyway=False)

"""The directory of shards in DynamoDB."""

from collections.abc import Iterator

import pytest

from app.platform import directory as module
from app.platform.aws import Aws
from app.platform.directory import Directory, ShardAddress
from app.platform.settings import Address, SettingsError
from tests.app.directory import DirectoryTable
from tests.app.shop import client


@pytest.fixture
def table(variables: dict[str, str]) -> Iterator[DirectoryTable]:
    """An empty directory."""
    made = DirectoryTable(client(variables, "dynamodb"))
    yield made
    made.drop()


@pytest.fixture
def aws(variables: dict[str, str]) -> Iterator[Aws]:
    with Aws() as found:
        yield found


async def test_it_says_how_each_shard_is_reached(table: DirectoryTable, aws: Aws) -> None:
    table.shard(1, readers="replica-1:5432,replica-2:5433")
    table.shard(2)

    contents = await Directory(aws, table.name).contents()

    assert contents.shards == {
        1: ShardAddress(
            number=1,
            writer=Address("db-1", 5432),
            readers=(Address("replica-1", 5432), Address("replica-2", 5433)),
            secret_arn="arn:1",  # noqa: S106 - no secret, but where it is
        ),
        2: ShardAddress(
            number=2,
            writer=Address("db-2", 5432),
            readers=(),
            secret_arn="arn:2",  # noqa: S106 - as above
        ),
    }
    assert contents.placements == {}


async def test_a_placement_is_seen_once_the_epoch_is_another_one(
    table: DirectoryTable, aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LIFETIME", -1.0)  # every call looks at the epoch
    table.shard(1)
    directory = Directory(aws, table.name)
    first = await directory.contents()

    table.place("acme", 1)
    same_epoch = await directory.contents()
    table.next_epoch()
    next_epoch = await directory.contents()

    assert same_epoch is first
    assert next_epoch.placements == {"acme": 1}
    assert next_epoch.epoch == 1


async def test_within_its_lifetime_nothing_is_asked(table: DirectoryTable, aws: Aws) -> None:
    table.shard(1)
    directory = Directory(aws, table.name)
    before = await directory.contents()
    table.place("acme", 1)
    table.next_epoch()

    assert await directory.contents() is before


async def test_whoever_must_know_reads_all_of_it_whatever_the_epoch(table: DirectoryTable, aws: Aws) -> None:
    table.shard(1)
    directory = Directory(aws, table.name)
    await directory.contents()
    table.shard(2)

    assert set((await directory.contents(fresh=True)).shards) == {1, 2}


async def test_more_than_a_page_is_read_whole(table: DirectoryTable, aws: Aws) -> None:
    for number in range(12):
        table.put(f"key#{number}-{'x' * 1_000}", lives_in="1", note="y" * 100_000)

    contents = await Directory(aws, table.name).contents()  # a page of DynamoDB is a MiB

    assert len(contents.placements) == 12


async def test_a_table_that_is_none_is_named_with_the_remedy(aws: Aws, variables: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match=r"The table no-such of DATABASE_SHARD_DIRECTORY cannot be read"):
        await Directory(aws, "no-such").contents()


async def test_a_table_that_is_no_directory_is_named(table: DirectoryTable, aws: Aws) -> None:
    table.shard(1, writer="nowhere")

    with pytest.raises(SettingsError, match=r"is not a directory of shards"):
        await Directory(aws, table.name).contents()

"""The directory of shards, a DynamoDB table: how each shard is reached, and which keys were placed by hand.

The deployment writes an item for each shard: `shard` is its number, `writer`, `readers` and `secret_arn` lead
to it. An operator may add items that place one key: `shard` is "key#" and the key, `lives_in` the shard's
number; `blueprint db reshard` moves the key's slot there, and leaves it there. The item "epoch" has a
`number`, which whoever changes a placement increases afterwards: a process that has read that epoch knows all
there is.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from app.platform.aws import Aws
from app.platform.settings import Address, SettingsError

KEY = "shard"  # the table's key
PLACED = "key#"
EPOCH = "epoch"
LIFETIME = 5.0  # seconds between two looks at the epoch; one item, half a read unit


@dataclass(frozen=True, kw_only=True)
class ShardAddress:
    """How a shard is reached."""

    number: int
    writer: Address
    readers: tuple[Address, ...]
    secret_arn: str


@dataclass(frozen=True, kw_only=True)
class Contents:
    """What the directory says."""

    epoch: int = -1
    shards: Mapping[int, ShardAddress] = field(default_factory=dict)
    placements: Mapping[str, int] = field(default_factory=dict)


class Directory:
    """Reads the directory and remembers what it read."""

    def __init__(self, aws: Aws, table: str) -> None:
        self._aws = aws
        self._table = table
        self._known = Contents()
        self._looked_at = float("-inf")
        self._reading = asyncio.Lock()

    async def contents(self, *, fresh: bool = False) -> Contents:
        """Return what the directory says: as of some seconds ago at most, or of now when it must be `fresh`.

        Raises:
            UnavailableError: DynamoDB does not answer.
            SettingsError: there is no such table, this role may not read it, or it is not a directory.
        """
        async with self._reading:  # many may ask at once; the first of them reads
            if fresh or time.monotonic() - self._looked_at > LIFETIME:
                await self._look(fresh=fresh)
            return self._known

    async def _look(self, *, fresh: bool) -> None:
        epoch = await self._epoch()
        if fresh or epoch != self._known.epoch:
            # The epoch was read first: what is written meanwhile is read again, for its epoch is another one.
            self._known = _contents(epoch, [item async for item in self._items()], self._table)
        self._looked_at = time.monotonic()

    async def _epoch(self) -> int:
        answer = await self._call("get_item", Key={KEY: {"S": EPOCH}}, ConsistentRead=True)
        return int(answer.get("Item", {}).get("number", {}).get("N", 0))

    async def _items(self) -> AsyncIterator[dict[str, Any]]:
        start: dict[str, Any] = {}
        while True:
            page = await self._call("scan", ConsistentRead=True, **start)
            for item in page["Items"]:
                yield item
            if "LastEvaluatedKey" not in page:
                return
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    async def _call(self, operation: str, **parameters: object) -> dict[str, Any]:
        try:
            return await self._aws.call("dynamodb", operation, TableName=self._table, **parameters)
        except (ClientError, BotoCoreError) as error:
            raise SettingsError(
                f"The table {self._table} of DATABASE_SHARD_DIRECTORY cannot be read: {error}. "
                "Mend the name, or what this role may do."
            ) from error


def _contents(epoch: int, items: list[dict[str, Any]], table: str) -> Contents:
    try:
        named = {item[KEY]["S"]: item for item in items}
        return Contents(
            epoch=epoch,
            shards={int(name): _shard(item) for name, item in named.items() if name.isdecimal()},
            placements={
                name.removeprefix(PLACED): int(next(iter(item["lives_in"].values())))
                for name, item in named.items()
                if name.startswith(PLACED)
            },
        )
    except (KeyError, ValueError) as error:
        raise SettingsError(
            f"The table {table} of DATABASE_SHARD_DIRECTORY is not a directory of shards: {error!r}."
        ) from error


def _shard(item: dict[str, Any]) -> ShardAddress:
    readers = item["readers"]["S"] if "readers" in item else ""
    return ShardAddress(
        number=int(item[KEY]["S"]),
        writer=Address.parse(item["writer"]["S"]),
        readers=tuple(Address.parse(reader) for reader in readers.split(",") if reader),
        secret_arn=item["secret_arn"]["S"],
    )

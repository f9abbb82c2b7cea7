"""Several databases as one: a transaction takes place where the slot of its order is.

An order's id, and that of its payment, bears the slot (`app/platform/slots.py`). Which shard owns a slot,
the shards' own databases say (`app/platform/ownership.py`): the slot's row is locked before anything else is
done, so that the slot stays while the transaction lasts.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Self
from uuid import UUID

import boto3
from botocore.config import Config

from lambdas.database.connection import Database, Run

SLOTS = 1 << 12
HOPS = 4  # redirections of one transaction: one is the rule
LOCK_SLOT = "SELECT state, moved_to FROM shard_slots WHERE slot = :slot FOR SHARE"
OWNED = "SELECT slot FROM shard_slots WHERE slot = :slot AND state = 'owned'"
DIRECTORY_CLIENT = Config(
    connect_timeout=2, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 3}
)


class SlotNotFoundError(Exception):
    """No shard owns the slot at the moment, or none that is known here: it is on its way to another one."""


class Shards:
    """The databases of the orders by number: one, or several."""

    def __init__(self, databases: Mapping[int, Database]) -> None:
        self._databases = databases
        self._owners: dict[int, int] = {}  # slot -> shard, as far as is known

    @classmethod
    def from_environment(cls) -> Self:
        """Take what the environment names: DATABASE_SHARDS, or the one of DATABASE_WRITER.

        Where there is a DATABASE_SHARD_DIRECTORY, each shard has a secret of its own, which it names.

        Raises:
            KeyError: a variable is missing.
        """
        writers = [writer for writer in os.environ.get("DATABASE_SHARDS", "").split(",") if writer]
        if not writers:
            return cls({1: Database.from_environment()})
        common = os.environ["DATABASE_SECRET_ARN"]
        own = _secrets(os.environ.get("DATABASE_SHARD_DIRECTORY", ""))
        numbered = enumerate(writers, 1)
        return cls({number: Database.at(writer, own.get(number, common)) for number, writer in numbered})

    def close(self) -> None:
        """Close all connections."""
        for database in self._databases.values():
            database.close()

    @contextmanager
    def transaction(self, identifier: UUID) -> Iterator[Run]:
        """Run statements as one transaction where an order or a payment is, as of its id.

        Raises:
            SlotNotFoundError: the order is being moved; a moment later it is found.
            pg8000.native.Error, OSError, LostTransactionError: as of `Database.transaction`.
        """
        slot = identifier.int >> 64 & (SLOTS - 1)
        number = self._owner(slot)
        for _ in range(HOPS):
            with self._databases[number].transaction() as run:
                moved_to = self._moved_to(slot, number, run)
                if moved_to is None:
                    yield run
                    return
            number = self._owners[slot] = moved_to
        raise SlotNotFoundError(f"slot {slot} is being moved")

    def _moved_to(self, slot: int, number: int, run: Run) -> int | None:
        """Return where a slot has gone; None where it is here, and stays until the transaction ends."""
        if len(self._databases) == 1:
            return None
        rows = run(LOCK_SLOT, slot=slot)
        if rows and rows[0][0] == "owned":
            return None
        self._owners.pop(slot, None)
        if not rows or rows[0][1] not in self._databases:
            raise SlotNotFoundError(f"of slot {slot}, shard {number} says {rows}")
        return int(rows[0][1])

    def _owner(self, slot: int) -> int:
        if len(self._databases) == 1:
            return next(iter(self._databases))
        if slot not in self._owners:
            owning = (number for number, one in self._databases.items() if one.run(OWNED, slot=slot))
            number = next(owning, None)
            if number is None:
                raise SlotNotFoundError(f"no shard owns slot {slot}")
            self._owners[slot] = number
        return self._owners[slot]


def _secrets(directory: str) -> dict[int, str]:
    """Return the ARN of each shard's secret, as the directory says: a table with an item a shard."""
    if not directory:
        return {}
    client = boto3.client("dynamodb", config=DIRECTORY_CLIENT)
    items = client.scan(TableName=directory, ConsistentRead=True)["Items"]
    named = {item["shard"]["S"]: item for item in items}
    return {int(name): item["secret_arn"]["S"] for name, item in named.items() if name.isdecimal()}

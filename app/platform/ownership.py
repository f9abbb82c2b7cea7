"""Which slots a shard owns, as its own database says in the table `shard_slots`.

A slot's row in a database is in one of these states; of all databases, one at most owns the slot:

- `owned`: its rows are here, and are written here.
- `incoming`: a mover copies its rows to here; nobody else reads or writes them.
- `moved`: the shard `moved_to` owns it, or may at once; what is left of its rows here is old.
- `cleared`: the same, and nothing is left.

No row: the slot was never here. `epoch` counts the attempts to move the slot over all shards, so that whoever
acts for an earlier one is found out.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Self

from asyncpg import PostgresError

from app.platform.database import ReadSession, WriteSession

State = Literal["owned", "incoming", "moved", "cleared"]
NOT_HERE = "SLOT1"  # the SQLSTATE with which a fence refuses a write


@dataclass(frozen=True)
class Slot:
    """A slot's row in one shard's database; state None where it has none."""

    slot: int
    state: State | None = None
    epoch: int = -1
    moved_to: int | None = None

    @classmethod
    def refused(cls, error: PostgresError) -> Self | None:
        """Return the slot for which a fence refused a write, or None where the error is another one."""
        if error.sqlstate != NOT_HERE:
            return None
        said = json.loads(error.detail or "")
        return cls(
            said["slot"], said["state"], -1 if said["epoch"] is None else said["epoch"], said["moved_to"]
        )


async def slot(session: ReadSession, number: int) -> Slot:
    """Return what the shard knows of a slot."""
    row = await session.row("SELECT slot, state, epoch, moved_to FROM shard_slots WHERE slot = $1", number)
    return Slot(number) if row is None else Slot(*row)


async def slots(session: ReadSession) -> list[Slot]:
    """Return what the shard knows of all slots."""
    rows = await session.rows("SELECT slot, state, epoch, moved_to FROM shard_slots ORDER BY slot")
    return [Slot(*row) for row in rows]


async def owned(session: ReadSession) -> dict[int, int]:
    """Return the epochs of the slots that the shard owns."""
    rows = await session.rows("SELECT slot, epoch FROM shard_slots WHERE state = 'owned'")
    return {row["slot"]: row["epoch"] for row in rows}


async def found(session: WriteSession, placement: Sequence[int]) -> bool:
    """Write down in the first shard's database where each slot is; say whether it knew of none before.

    The others take over what is theirs at epoch 0.
    """
    if await session.row("SELECT FROM shard_slots LIMIT 1") is not None:
        return False
    await session.execute(
        """
        INSERT INTO shard_slots (slot, state, epoch, moved_to)
        SELECT place - 1, CASE shard WHEN 1 THEN 'owned' ELSE 'cleared' END, 0, nullif(shard, 1)
        FROM unnest($1::smallint[]) WITH ORDINALITY AS placed (shard, place)
        """,
        list(placement),
    )
    return True


async def take_over(session: WriteSession, numbers: Sequence[int], epoch: int) -> None:
    """Own slots that the shard before has given up at this epoch. Repeated, it changes nothing.

    To be called by who has seen the other's rows say `moved` or `cleared`, to here and at this epoch.
    """
    await session.execute(
        """
        INSERT INTO shard_slots (slot, state, epoch)
        SELECT slot, 'owned', $2 FROM unnest($1::smallint[]) AS given_up (slot)
        ON CONFLICT (slot) DO UPDATE SET state = 'owned', moved_to = NULL
        WHERE shard_slots.state = 'incoming' AND shard_slots.epoch = excluded.epoch
        """,
        list(numbers),
        epoch,
    )


async def begin_leaving(session: WriteSession, number: int) -> int | None:
    """Return the epoch of a new attempt to move a slot that is owned here; None where it is not."""
    row = await session.row(
        "UPDATE shard_slots SET epoch = epoch + 1 WHERE slot = $1 AND state = 'owned' RETURNING epoch", number
    )
    return None if row is None else int(row["epoch"])


async def expect(session: WriteSession, number: int, epoch: int) -> bool:
    """Make the slot incoming; return False where a later attempt did, or the slot is owned here."""
    row = await session.row(
        """
        INSERT INTO shard_slots (slot, state, epoch) VALUES ($1, 'incoming', $2)
        ON CONFLICT (slot) DO UPDATE SET state = 'incoming', epoch = excluded.epoch, moved_to = NULL
        WHERE shard_slots.state <> 'owned' AND shard_slots.epoch < excluded.epoch
        RETURNING slot
        """,
        number,
        epoch,
    )
    return row is not None


async def locked(session: WriteSession, number: int, *, against: Literal["movers", "all"]) -> Slot:
    """Return a slot's row and keep it as it is until the transaction ends.

    Locked against "movers", writers come in; against "all", they wait, once those at work are done.
    """
    strength = {"movers": "FOR SHARE", "all": "FOR UPDATE"}[against]
    sql = f"SELECT slot, state, epoch, moved_to FROM shard_slots WHERE slot = $1 {strength}"  # noqa: S608 - ours
    row = await session.row(sql, number)
    return Slot(number) if row is None else Slot(*row)


async def give_up(session: WriteSession, number: int, to: int) -> None:
    """Say that the slot, which the session has locked, is at another shard from the commit on."""
    await session.execute("UPDATE shard_slots SET state = 'moved', moved_to = $2 WHERE slot = $1", number, to)


async def cleared(session: WriteSession, number: int, epoch: int) -> None:
    """Say that nothing is left here of a slot that moved."""
    await session.execute(
        "UPDATE shard_slots SET state = 'cleared' WHERE slot = $1 AND state = 'moved' AND epoch = $2",
        number,
        epoch,
    )


async def act_for(session: WriteSession, epoch: int) -> None:
    """Let the session's transaction past the fences of slots that are at this epoch."""
    await session.row("SELECT set_config('shards.epoch', $1, true)", str(epoch))


async def tables(session: ReadSession) -> list[str]:
    """Return the tables that are sharded: those with a fence."""
    return [name for name, _ in await _fences(session)]


async def unfenced(session: ReadSession) -> list[str]:
    """Return the tables whose fence is off."""
    return [name for name, enabled in await _fences(session) if enabled == "D"]


async def _fences(session: ReadSession) -> list[tuple[str, str]]:
    rows = await session.rows(
        """
        SELECT tgrelid::regclass::text, tgenabled::text
        FROM pg_trigger WHERE tgname = 'shard_fence' AND tgparentid = 0 -- a partition has its table's
        ORDER BY 1
        """
    )
    return [(name, enabled) for name, enabled in rows]


async def fence(session: WriteSession, tables: Iterable[str]) -> None:
    """Switch fences on. It waits for a table's writers, and new ones for it: as long as lock_timeout."""
    for table in tables:
        await session.execute(f"ALTER TABLE {table} ENABLE TRIGGER shard_fence")


def owners(known: Mapping[int, Iterable[Slot]]) -> dict[int, tuple[int, Slot]]:
    """Return of each slot the shard to ask, and its row there, from what each shard knows.

    It is the owner; for the moment between giving up and taking over, the shard that gave it up last.
    """
    best: dict[int, tuple[int, Slot]] = {}
    for number, rows in known.items():
        for row in rows:
            if row.state == "incoming":
                continue
            rank = (row.state == "owned", row.epoch)
            other = best.get(row.slot)
            if other is None or rank > (other[1].state == "owned", other[1].epoch):
                best[row.slot] = (number, row)
    return best

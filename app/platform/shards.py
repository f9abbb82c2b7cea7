"""Several databases as one: a write or a read goes to the shard that owns the slot of its key.

What a program knows of owners is a guess that saves asking. A shard itself knows: a write first locks the
slot's row there, and the answer to a read counts only if the shard owned the slot. Whoever came to the wrong
shard is told the right one, goes there and does all of its work again. Programs that know nothing of this
meet the tables' fences. Where there is one database, none of it happens.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import TypeVar

from asyncpg import PostgresError

from app.platform import database, ownership
from app.platform.aws import Aws
from app.platform.consistency import Consistency, Token, for_database
from app.platform.database import Database, ReadSession, WriteSession
from app.platform.directory import Directory, ShardAddress
from app.platform.ownership import Slot
from app.platform.problems import UnavailableError
from app.platform.secret import DatabaseSecret
from app.platform.settings import Address, DatabaseSettings

logger = logging.getLogger(__name__)

T = TypeVar("T")
Learn = Callable[[], Awaitable[Mapping[int, Database]]]

HOPS = 10  # redirections of one request; one is the rule, and more when slots move while it looks for one
PAUSE = 0.02  # seconds before the second hop, growing by as much with each


class MovedError(Exception):
    """The shard that was asked does not own the slot, or no longer at the epoch that was thought."""

    def __init__(self, said: Slot) -> None:
        super().__init__(f"slot {said.slot} is {said.state or 'unknown'} here, moved to {said.moved_to}")
        self.said = said


class Shards:
    """All shards, seen from one worker. Made by `opened`, or by `of` where there is one database."""

    def __init__(self, databases: Mapping[int, Database], learn: Learn | None = None) -> None:
        """Take the shards by number; `learn` returns all there are by now, when one is heard of."""
        self._databases = dict(databases)
        self._learn = learn
        self._owners: dict[int, tuple[int, int]] = {}  # slot -> shard and epoch, as far as is known
        self._learning = asyncio.Lock()
        self._refreshes = 0
        self.is_plain = len(databases) == 1 and learn is None

    @classmethod
    def of(cls, only: Database) -> "Shards":
        """Return one database as shards: everything is there."""
        return cls({1: only})

    @property
    def databases(self) -> Mapping[int, Database]:
        """The shards' databases by number."""
        return self._databases

    async def write(self, slot: int, work: Callable[[WriteSession], Awaitable[T]]) -> T:
        """Do the work in a transaction of the slot's owner, and return what it returns once it is committed.

        The work may be done more than once; only the last time stays.

        Raises:
            UnavailableError: the owner is down, busy, or was not found.
        """
        if self.is_plain:
            return await self._plainly(work)

        async def attempt(number: int, _epoch: int, _consistency: Consistency) -> T:
            return await _transaction(self._databases[number], partial(_owning, work, slot))

        return await self._at_owner(slot, attempt, "strong")

    async def _plainly(self, work: Callable[[WriteSession], Awaitable[T]]) -> T:
        try:
            return await _transaction(self._databases[1], work)
        except MovedError as moved:  # shards were added, and this process was not told of them
            logger.error("the database was sharded: restart with DATABASE_SHARDS")  # noqa: TRY400 - no bug
            raise UnavailableError("the database is being rearranged") from moved

    async def read(
        self,
        slot: int,
        query: Callable[[ReadSession], Awaitable[T]],
        consistency: Consistency = "eventual",
    ) -> T:
        """Run a query at the slot's owner, possibly more than once, and return what it returns.

        Raises:
            UnavailableError: none of the owner's servers answers, or it was not found.
        """
        if self.is_plain:
            return await self._databases[1].read(query, for_database(consistency, 1))

        async def attempt(number: int, epoch: int, consistency: Consistency) -> T:
            fenced = partial(_fenced, query, slot, epoch)
            return await self._databases[number].read(fenced, for_database(consistency, number))

        return await self._at_owner(slot, attempt, consistency)

    async def token(self, slot: int) -> Token | None:
        """Return the token of a write to the slot that was just committed; None if the owner cannot say it.

        Should the slot move, the token holds as well: no replica of the new owner says that it owns the slot
        before it has all the rows.
        """
        try:
            number = 1 if self.is_plain else (await self.owner(slot))[0]
        except UnavailableError:
            return None
        return await self._databases[number].token(number)

    async def _at_owner(
        self,
        slot: int,
        attempt: Callable[[int, int, Consistency], Awaitable[T]],
        consistency: Consistency,
    ) -> T:
        for hop in range(HOPS):
            await asyncio.sleep(PAUSE * max(0, hop - 1))
            number, epoch = await self.owner(slot)
            try:
                return await attempt(number, epoch, consistency)
            except MovedError as moved:
                consistency = "strong"  # a replica may not know yet who owns the slot
                await self._follow(number, moved.said)
        logger.error("no shard owns a slot", extra={"slot": slot})
        raise UnavailableError("the database is being rearranged")

    async def owner(self, slot: int) -> tuple[int, int]:
        """Return the shard that is thought to own the slot, and the epoch.

        Raises:
            UnavailableError: no shard that answers says so.
        """
        if slot not in self._owners:
            await self.refresh()
        try:
            return self._owners[slot]
        except KeyError:
            raise UnavailableError("the database does not answer at the moment") from None

    async def owned(self, slots: Iterable[int]) -> dict[int, dict[int, int]]:
        """Return which of the slots each shard is thought to own, with their epochs, but for unknown ones."""
        wanted = set(slots)
        if not wanted <= self._owners.keys():
            await self.refresh()
        found: dict[int, dict[int, int]] = {}
        for slot in wanted & self._owners.keys():
            number, epoch = self._owners[slot]
            found.setdefault(number, {})[slot] = epoch
        return found

    async def refresh(self) -> None:
        """Ask every shard what it owns; of shards that do not answer, what was known stays."""
        seen = self._refreshes
        async with self._learning:  # many may come at once; the first of them asks
            if seen != self._refreshes:
                return
            known = await self._ask_all()
            if self._learn and _heard_of(known) - self._databases.keys():
                self._databases.update(await self._learn())
                known = await self._ask_all()
            await self._update(known)
            self._refreshes += 1

    async def _update(self, known: Mapping[int, list[Slot]]) -> None:
        given_up: dict[tuple[int, int], list[int]] = {}
        for slot, (number, said) in ownership.owners(known).items():
            if said.state == "owned":
                self._owners[slot] = (number, said.epoch)
            elif said.moved_to is not None and said.moved_to in known:
                given_up.setdefault((said.moved_to, said.epoch), []).append(slot)
        for (number, epoch), slots in given_up.items():
            await self._hand_over(slots, number, epoch)

    async def _hand_over(self, slots: Sequence[int], number: int, epoch: int) -> None:
        """Have slots taken over that were given up: who moves them may have died before it could do so."""
        await _transaction(self._databases[number], partial(ownership.take_over, numbers=slots, epoch=epoch))
        self._owners |= dict.fromkeys(slots, (number, epoch))

    async def _ask_all(self) -> dict[int, list[Slot]]:
        numbers = list(self._databases)
        answers = await asyncio.gather(
            *(self._databases[number].read(ownership.slots, "strong") for number in numbers),
            return_exceptions=True,
        )
        known = {}
        for number, answer in zip(numbers, answers, strict=True):
            if isinstance(answer, UnavailableError):
                logger.warning("a shard does not say what it owns", extra={"shard": number})
            elif isinstance(answer, BaseException):
                raise answer
            else:
                known[number] = answer
        return known

    async def _follow(self, number: int, said: Slot) -> None:
        """Correct what is known by what shard `number` said of a slot that it was asked for."""
        if said.state == "owned":
            self._owners[said.slot] = (number, said.epoch)
        elif said.moved_to is None:
            self._owners.pop(said.slot, None)
            await self.refresh()
        else:
            await self._know(said.moved_to)
            await self._hand_over([said.slot], said.moved_to, said.epoch)

    async def _know(self, number: int) -> None:
        """Make sure that shard `number` can be asked: it may be newer than this process."""
        if number in self._databases:
            return
        if self._learn:
            self._databases.update(await self._learn())
        if number not in self._databases:
            logger.error("a shard is not known here", extra={"shard": number})
            raise UnavailableError("the database is being rearranged")


def _heard_of(known: Mapping[int, list[Slot]]) -> set[int]:
    return {row.moved_to for rows in known.values() for row in rows if row.moved_to is not None}


async def _transaction(to: Database, work: Callable[[WriteSession], Awaitable[T]]) -> T:
    try:
        return await to.write(work)
    except PostgresError as error:
        said = Slot.refused(error)
        if said is None:
            raise
        raise MovedError(said) from error


async def _owning(work: Callable[[WriteSession], Awaitable[T]], slot: int, session: WriteSession) -> T:
    """Do the work while the slot cannot leave. A fence would not see a change that finds no rows any more."""
    said = await ownership.locked(session, slot, against="movers")
    if said.state != "owned":
        raise MovedError(said)
    return await work(session)


async def _fenced(
    query: Callable[[ReadSession], Awaitable[T]], slot: int, epoch: int, session: ReadSession
) -> T:
    """Run a query and then see whether the slot still is what it was thought to be; so it was meanwhile."""
    found = await query(session)
    said = await ownership.slot(session, slot)
    if said.state != "owned" or said.epoch != epoch:
        raise MovedError(said)
    return found


@asynccontextmanager
async def opened(
    settings: DatabaseSettings, aws: Aws, first: Database, application: str
) -> AsyncIterator[Shards]:
    """Make all shards usable until the block ends; `first` is the database that stands alone or is shard 1.

    Raises:
        SettingsError: there is no such directory, or it is none.
        UnavailableError: the directory does not answer.
    """
    if not settings.shards:
        yield Shards.of(first)
        return
    async with AsyncExitStack() as stack:
        known = {1: first}

        async def learn() -> Mapping[int, Database]:
            found = await addresses(settings, aws)
            new = {number: told for number, told in found.items() if number not in known}
            known.update(await stack.enter_async_context(databases_of(new, aws, application)))
            return known

        yield Shards(await learn(), learn)


@asynccontextmanager
async def databases_of(
    told: Mapping[int, DatabaseSettings], aws: Aws, application: str
) -> AsyncIterator[dict[int, Database]]:
    """Make databases usable until the block ends."""
    async with AsyncExitStack() as stack:
        found = {}
        for number, settings in told.items():
            opening = database.opened(settings, DatabaseSecret(aws, settings.secret_arn), application)
            found[number] = await stack.enter_async_context(opening)
        yield found


async def addresses(settings: DatabaseSettings, aws: Aws) -> dict[int, DatabaseSettings]:
    """Return how each shard is reached, by its number: as the directory says, where there is one.

    Raises:
        SettingsError: there is no such directory, or it is none.
        UnavailableError: the directory does not answer.
    """
    if settings.shard_directory:
        contents = await Directory(aws, settings.shard_directory).contents()
        found = list(contents.shards.values())
    else:
        found = [_alike(settings, number, writer) for number, writer in enumerate(settings.shards, 1)]
    return {shard.number: _settings_of(settings, shard) for shard in found} or {1: settings}


def _alike(settings: DatabaseSettings, number: int, writer: Address) -> ShardAddress:
    return ShardAddress(number=number, writer=writer, readers=(), secret_arn=settings.secret_arn)


def _settings_of(settings: DatabaseSettings, shard: ShardAddress) -> DatabaseSettings:
    own = {"writer": shard.writer, "readers": shard.readers, "secret_arn": shard.secret_arn}
    return settings.model_copy(update=own)

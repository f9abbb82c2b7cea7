"""A primary with its replicas, one of which takes over when it fails.

As at ElastiCache, the address of the primary leads to whichever is it. Here that is a port: who takes over
goes on there, with what it had received. Who is the primary is what AWS says of the members' roles:
TestFailover changes them, and after a failure the runtime does.
"""

import asyncio
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from scripts.local.runtime.caches.member import Member
from scripts.local.runtime.context import Context
from scripts.local.runtime.errors import LocalRuntimeError

# Seconds for which a primary whose process is there must not answer; one that has ended is not waited for.
FAILOVER_AFTER = 3.0
# Seconds that the one who takes over may need to start.
START_WITHIN = 30.0


class Shard:
    """The servers of a shard of the group called `group`. `take_port`: for a role and an owner."""

    def __init__(self, context: Context, group: str, take_port: Callable[[str, str], int]) -> None:
        self._context = context
        self._group = group
        self._take_port = take_port
        self._members: dict[str, Member] = {}
        self._primary = ""
        self._followers: set[str] = set()
        self._failed_at: float | None = None
        self._rejoins = ""
        self._guarded = False
        self._is_untold = False

    @property
    def members(self) -> Sequence[str]:
        """The identifiers of the members, the primary first."""
        return [self._primary, *(name for name in self._members if name != self._primary)]

    def port(self, identifier: str) -> int:
        """Return where a member listens."""
        return self._members[identifier].port

    async def reconcile(self, described: Mapping[str, Any], eviction: str, *, fails_over: bool) -> bool:
        """Have the members run in their roles; True when each answers.

        Args:
            described: the shard, as AWS describes it.
            eviction: what makes room.
            fails_over: whether a replica is to take over from a primary that fails.

        Raises:
            LocalRuntimeError: who is to take over does not start.
            ClientError, BotoCoreError: AWS has not heard who has taken over.
        """
        if self._is_untold:
            await self._tell()
            return False  # what AWS says of the roles is older than that
        wanted = primary_of(described)
        await self._follow_members(described, wanted)
        self._guarded = fails_over and len(self._members) > 1
        await self._ensure(eviction)
        answers = await self._ask()
        self._report(answers)
        if answers[self._primary] is not None:
            self._note_followers(answers)
            successor = wanted if wanted in self._followers else ""
        else:
            successor = self._successor(answers) if self._guarded else ""
        if successor:
            await self._fail_over(successor, eviction, planned=answers[self._primary] is not None)
            return False  # the old primary is not back yet
        return all(answer is not None for answer in answers.values())

    async def stop(self) -> None:
        """End all members."""
        for name in list(self._members):
            await self._remove(name)

    async def _follow_members(self, described: Mapping[str, Any], wanted: str) -> None:
        names = [member["CacheClusterId"] for member in described["NodeGroupMembers"]]
        for gone in self._members.keys() - set(names):
            await self._remove(gone)
        self._primary = self._primary if self._primary in self._members else wanted
        for name in sorted(names, key=lambda one: one != self._primary):
            if name not in self._members:
                port = self._take_port("cache" if name == self._primary else "cache_replica", f"cache {name}")
                folder = Path(self._context.state.resolve() / "caches" / name)
                self._members[name] = Member(name, port, folder)

    async def _ensure(self, eviction: str) -> None:
        primary = self._members[self._primary]
        await self._context.supervisor.ensure(primary.spec(eviction, guarded=self._guarded))
        for name in self.members[1:]:
            spec = self._members[name].spec(eviction, primary_port=primary.port)
            await self._context.supervisor.ensure(spec)

    async def _ask(self) -> dict[str, Mapping[str, Any] | None]:
        answers = await asyncio.gather(*(member.replication() for member in self._members.values()))
        return dict(zip(self._members, answers, strict=True))

    def _report(self, answers: Mapping[str, Mapping[str, Any] | None]) -> None:
        for name, answer in answers.items():
            detail = "" if answer is not None else "does not answer"
            if answer is not None and name != self._primary and not _follows(answer):
                detail = "does not follow its primary at present"
            self._context.supervisor.report_health(
                self._members[name].name, healthy=answer is not None, detail=detail
            )

    def _note_followers(self, answers: Mapping[str, Mapping[str, Any] | None]) -> None:
        """Note which replicas have what the primary has."""
        self._failed_at = None
        self._followers = {
            name
            for name, answer in answers.items()
            if name != self._primary and answer is not None and _follows(answer)
        }
        if self._rejoins in self._followers:
            self._say(f"{self._members[self._rejoins].name} is back, as a replica")
            self._rejoins = ""

    def _successor(self, answers: Mapping[str, Mapping[str, Any] | None]) -> str:
        """Return who takes over by now from a primary that does not answer: who has most; "" for nobody."""
        now = time.monotonic()
        self._failed_at = self._failed_at or now
        if self._runs(self._primary) and now - self._failed_at < FAILOVER_AFTER:
            return ""
        received = {
            name: int(answer["slave_repl_offset"])
            for name, answer in answers.items()
            if name in self._followers and answer is not None
        }
        return max(received, key=lambda name: received[name], default="")

    def _runs(self, identifier: str) -> bool:
        return self._context.supervisor.pid(self._members[identifier].name) is not None

    async def _fail_over(self, successor: str, eviction: str, *, planned: bool) -> None:
        """Have a replica go on as the primary, at its address; the old one is a replica from then on."""
        old, new = self._members[self._primary], self._members[successor]
        failed = "does not answer" if self._runs(self._primary) else "has ended"
        self._say(
            f"{old.name} {'is to fail over' if planned else failed}: its replica {new.name} is promoted"
        )
        if not planned:
            self._context.supervisor.send_signal(old.name, signal.SIGKILL)  # also one that stands still
        await self._context.supervisor.stop(old.name)
        await new.save()
        old.port, new.port = new.port, old.port
        self._context.ports.swap(f"cache {old.identifier}", f"cache {new.identifier}")
        self._primary, self._followers, self._failed_at, self._rejoins = (
            successor,
            set(),
            None,
            old.identifier,
        )
        self._is_untold = not planned
        await self._context.supervisor.ensure(new.spec(eviction, guarded=self._guarded))
        await self._await_answer(new)
        new.forget_saved()
        old.forget_saved()
        self._say(f"{new.name} serves at the address of the primary, with what it had received")
        if not planned:
            await self._tell()

    async def _await_answer(self, member: Member) -> None:
        deadline = time.monotonic() + START_WITHIN
        while await member.replication() is None:
            if time.monotonic() > deadline:
                raise LocalRuntimeError(f"{member.name} does not start as the primary: see its log.")
            await asyncio.sleep(0.05)

    async def _tell(self) -> None:
        """Have AWS know who is the primary."""
        await self._context.aws.call(
            "elasticache",
            "modify_replication_group",
            ReplicationGroupId=self._group,
            PrimaryClusterId=self._primary,
        )
        self._is_untold = False

    def _say(self, sentence: str) -> None:
        self._context.timeline.tell("health", f"cache-{self._group}", sentence)

    async def _remove(self, identifier: str) -> None:
        await self._context.supervisor.stop(self._members.pop(identifier).name)


def primary_of(described: Mapping[str, Any]) -> str:
    """Return who is the primary for AWS."""
    members = described["NodeGroupMembers"]
    identifier: str = next(one["CacheClusterId"] for one in members if one["CurrentRole"] == "primary")
    return identifier


def _follows(answer: Mapping[str, Any]) -> bool:
    return answer.get("master_link_status") == "up"

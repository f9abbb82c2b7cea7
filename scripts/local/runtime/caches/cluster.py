"""A replication group in cluster mode: a Redis Cluster, whose primaries vote for who takes over from one.

Who is a primary, the members know and AWS does not tell. The runtime makes the cluster once. From then on it
acts only where no majority of primaries is left to vote, where AWS was asked for a failover, and on a primary
from which another has taken over: it comes back as a replica.
"""

import asyncio
import signal
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.local.runtime.caches.cluster_member import ClusterMember, View
from scripts.local.runtime.caches.shard import FAILOVER_AFTER
from scripts.local.runtime.context import Context
from scripts.local.runtime.servers import redis

Views = Mapping[str, View | None]


@dataclass
class Part:
    """A shard: its members' identifiers, the slots that it serves, and what happens to it.

    Attributes:
        primary: who serves the slots, "" as long as nobody has been seen to; `epoch` is the one since when.
        failed_at: since when that one does not answer.
        announced: who was told to take over, and the timeline of it.
        rejoins: whom somebody has taken over from, until it is a replica.
    """

    identifier: str
    slots: str
    names: Sequence[str]
    primary: str = ""
    epoch: int = -1
    failed_at: float | None = None
    announced: str = ""
    rejoins: str = ""

    def replicas(self, views: Views) -> dict[str, View]:
        """Return the members that answer and are not the primary."""
        found = {name: views[name] for name in self.names if name != self.primary}
        return {name: view for name, view in found.items() if view is not None}


class Cluster:
    """The servers of the group that is called `group`."""

    def __init__(self, context: Context, group: str) -> None:
        self._context = context
        self._group = group
        self._parts: list[Part] = []
        self._members: dict[str, ClusterMember] = {}
        self._asked: set[str] = set()

    @property
    def port(self) -> int:
        """Where a client finds a member that tells of all others."""
        return next(iter(self._members.values())).port

    async def reconcile(self, described: Mapping[str, Any], eviction: str, asked: Iterable[str]) -> bool:
        """Have the members run, and form the cluster; True when each answers and all slots are served.

        Args:
            described: the group, as AWS describes it.
            eviction: what makes room.
            asked: the shards that are to fail over.

        Raises:
            LocalRuntimeError: a member does not do what it is told.
        """
        self._asked |= set(asked)
        if not self._parts:
            self._lay_out(described)
        for part in self._parts:
            await self._ensure(part, eviction)
        answers = await asyncio.gather(*(member.look() for member in self._members.values()))
        views = dict(zip(self._members, answers, strict=True))
        self._report(views)
        for part in self._parts:
            await self._follow(part, views)
        present = {name: view for name, view in views.items() if view is not None}
        if len(present) < len(views):
            await self._replace_votes(views)
            return False
        return await self._form(present) and not await self._fail_over(present)

    async def stop(self) -> None:
        """End all members, and the cluster."""
        for member in self._members.values():
            await self._context.supervisor.stop(member.name)
            member.forget_cluster()

    def _lay_out(self, described: Mapping[str, Any]) -> None:
        for shard in described["NodeGroups"]:
            names = [member["CacheClusterId"] for member in shard["NodeGroupMembers"]]
            self._parts.append(Part(shard["NodeGroupId"], shard["Slots"], names))
            for name in names:
                role = "cache_replica" if self._members else "cache"
                port = self._context.ports.take(role, f"cache {name}", beside=redis.BUS_DISTANCE)
                folder = Path(self._context.state.resolve() / "caches" / name)
                self._members[name] = ClusterMember(name, port, folder)

    async def _ensure(self, part: Part, eviction: str) -> None:
        primary, guarded = part.primary or part.names[0], len(part.names) > 1
        for name in part.names:
            spec = self._members[name].cluster_spec(eviction, leads=name == primary, guarded=guarded)
            await self._context.supervisor.ensure(spec)

    def _report(self, views: Views) -> None:
        for name, view in views.items():
            detail = "" if view is not None else "does not answer"
            if view is not None and view.leader and not view.follows:
                detail = "does not follow its primary at present"
            self._context.supervisor.report_health(
                self._members[name].name, healthy=view is not None, detail=detail
            )

    async def _follow(self, part: Part, views: Views) -> None:
        """Note who is the primary by now, and see to who was it before."""
        claims = {
            name: view
            for name in part.names
            if (view := views[name]) is not None and view.leads and view.epoch >= part.epoch
        }
        if claims:
            primary = max(claims, key=lambda name: claims[name].epoch)
            part.epoch = claims[primary].epoch
            if part.primary not in ("", primary):
                await self._hand_over(part, primary, answers=views[part.primary] is not None)
            part.primary = primary
        has_failed = bool(part.primary) and views[part.primary] is None
        part.failed_at = (part.failed_at or time.monotonic()) if has_failed else None
        if part.rejoins and (old := views[part.rejoins]) is not None and old.leader and old.follows:
            self._say(f"{self._members[part.rejoins].name} is back, as a replica")
            part.rejoins = ""

    async def _hand_over(self, part: Part, primary: str, *, answers: bool) -> None:
        """Tell that there is another primary; start the old one anew where it does not answer."""
        old, new = self._members[part.primary], self._members[primary]
        if part.announced != primary:
            self._say(f"{old.name} {self._failure(old)}: its replica {new.name} is promoted by vote")
        self._say(f"{new.name} serves the slots {part.slots}, with what it had received")
        part.rejoins, part.announced = part.primary, ""
        if not answers:
            self._context.supervisor.send_signal(old.name, signal.SIGKILL)  # also one that stands still
            await self._context.supervisor.stop(old.name)

    async def _replace_votes(self, views: Views) -> None:
        """Promote replicas where most primaries have failed, so that those that are left cannot vote."""
        failed = [part for part in self._parts if part.failed_at is not None]
        if 2 * len(failed) < len(self._parts):
            return
        for part in failed:
            replicas, old = part.replicas(views), self._members[part.primary]
            since = time.monotonic() - (part.failed_at or 0.0)
            is_over = self._context.supervisor.pid(old.name) is None or since >= FAILOVER_AFTER
            if is_over and replicas:
                most = max(replicas, key=lambda name: replicas[name].offset)
                new = self._members[most]
                self._announce(
                    part,
                    most,
                    f"{old.name} {self._failure(old)}, and too few primaries are left to vote:"
                    f" its replica {new.name} is promoted without",
                )
                await new.take_over()

    async def _form(self, views: Mapping[str, View]) -> bool:
        """Have all members, who answer, know each other and their parts; True where they do."""
        # Who takes over without a vote does not always begin another epoch: two may not have the same.
        for number, (name, view) in enumerate(views.items(), start=1):
            if not view.epoch and view.known == {view.node}:
                await self._members[name].begin(number)
        seed, *others = self._members
        strangers = [name for name in others if views[name].node not in views[seed].known]
        for name in strangers:
            await self._members[seed].meet(self._members[name])
        for part in self._parts:
            if not part.primary:
                await self._members[part.names[0]].serve(part.slots)
                continue
            leader = views[part.primary].node
            for name, view in part.replicas(views).items():
                # One that still has slots has not heard yet of who has taken over.
                if view.leader != leader and not view.has_slots and leader in view.known:
                    await self._members[name].follow(leader)
        return all(part.primary and self._is_whole(part, views) for part in self._parts)

    def _is_whole(self, part: Part, views: Mapping[str, View]) -> bool:
        leader = views[part.primary].node
        follow = all(view.leader == leader for view in part.replicas(views).values())
        return follow and all(views[name].serves for name in part.names)

    async def _fail_over(self, views: Mapping[str, View]) -> bool:
        """Have the shards fail over that are to, and can; True where any is to."""
        for part in self._parts:
            ready = {name: view for name, view in part.replicas(views).items() if view.follows}
            if part.identifier in self._asked and ready:
                most = max(ready, key=lambda name: ready[name].offset)
                old, new = self._members[part.primary], self._members[most]
                self._announce(part, most, f"{old.name} is to fail over: its replica {new.name} is promoted")
                await new.fail_over()
                self._asked.discard(part.identifier)
                return True  # one after the other, as at ElastiCache
        return False

    def _announce(self, part: Part, successor: str, sentence: str) -> None:
        if part.announced != successor:
            part.announced = successor
            self._say(sentence)

    def _failure(self, member: ClusterMember) -> str:
        runs = self._context.supervisor.pid(member.name) is not None
        return "does not answer" if runs else "has ended"

    def _say(self, sentence: str) -> None:
        self._context.timeline.tell("health", f"cache-{self._group}", sentence)

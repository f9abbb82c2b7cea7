"""A member of a cluster: its Redis server, what that says of the cluster, and what it can be told."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from scripts.local.runtime.caches.member import PROBE_PATIENCE, RESTART_DELAY, Member
from scripts.local.runtime.errors import LocalRuntimeError
from scripts.local.runtime.ports import HOST
from scripts.local.runtime.servers import redis
from scripts.local.runtime.supervisor import ProcessSpec

SLOTS = 16_384
COMMAND_PATIENCE = 10.0
# A primary that came back before the others have voted would be empty, and so would its replicas then. A vote
# takes 5 s, and longer on a machine at its limit; after it the runtime starts the old primary at once.
RESTART_DELAY_OF_GUARDED = 30.0


@dataclass(frozen=True, kw_only=True)
class View:
    """What a member says of itself and of the cluster.

    Attributes:
        node: its own id.
        leader: the id of the primary whose replica it is; "" of a primary.
        has_slots: whether it serves slots, which primaries do.
        epoch: of two who claim the same slots, the one with the higher epoch has them.
        follows: whether it has all that its primary has, but for what is under way.
        offset: how much it has received.
        known: the ids of all that it knows.
        serves: whether it serves clients, and knows of each slot who serves that and answers.
    """

    node: str
    leader: str
    has_slots: bool
    epoch: int
    follows: bool
    offset: int
    known: frozenset[str]
    serves: bool

    @property
    def leads(self) -> bool:
        """Whether it is a primary, or takes itself for one."""
        return not self.leader and self.has_slots


class ClusterMember(Member):
    """A member of a cluster, which has its part from there and not from how it is started."""

    def cluster_spec(self, eviction: str, *, leads: bool, guarded: bool) -> ProcessSpec:
        """Return how it is run; `leads` where it is a primary, `guarded` where it has replicas then."""
        return self._spec(
            redis.cluster_command(self.port, eviction),
            leads=leads,
            restart_delay=RESTART_DELAY_OF_GUARDED if leads and guarded else RESTART_DELAY,
        )

    async def look(self) -> View | None:
        """Return what it says; None where it does not answer."""
        try:
            async with self._client(PROBE_PATIENCE) as client:
                nodes, cluster = await _run(client, "CLUSTER NODES"), await _run(client, "CLUSTER INFO")
                return _view(nodes, cluster, await client.info("replication"))
        except (RedisError, OSError):
            return None

    async def begin(self, epoch: int) -> None:
        """Have it begin with an epoch of its own, before it knows anybody."""
        await self._tell("CLUSTER SET-CONFIG-EPOCH", epoch)

    async def meet(self, other: "ClusterMember") -> None:
        """Have it get to know another member, and through it all others."""
        await self._tell("CLUSTER MEET", HOST, other.port)

    async def serve(self, slots: str) -> None:
        """Have it serve slots, such as `0-4095` or `0-99,200-299`, that nobody serves yet."""
        await self._tell("CLUSTER ADDSLOTS", *_slots(slots))

    async def follow(self, node: str) -> None:
        """Have it be a replica of the primary with this id."""
        await self._tell("CLUSTER REPLICATE", node)

    async def fail_over(self) -> None:
        """Have it, a replica, change parts with its primary, who waits until it has everything."""
        await self._tell("CLUSTER FAILOVER")

    async def take_over(self) -> None:
        """Have it, a replica, be the primary from now on, whoever else is there to agree."""
        await self._tell("CLUSTER FAILOVER", "TAKEOVER")

    def forget_cluster(self) -> None:
        """Remove what it knows of the cluster, so that its next process belongs to none."""
        (self.folder / redis.CLUSTER_FILE).unlink(missing_ok=True)

    async def _tell(self, command: str, *arguments: object) -> None:
        try:
            async with self._client(COMMAND_PATIENCE) as client:
                await _run(client, command, *arguments)
        except (RedisError, OSError) as error:
            raise LocalRuntimeError(f"{self.name} does not accept {command}: {error}") from error


async def _run(client: Redis, command: str, *arguments: object) -> Any:
    return await client.execute_command(command, *arguments)  # type: ignore[no-untyped-call]


def _view(
    nodes: Mapping[str, Mapping[str, Any]], cluster: Mapping[str, str], replication: Mapping[str, Any]
) -> View:
    (own,) = (node for node in nodes.values() if "myself" in node["flags"])
    return View(
        node=own["node_id"],
        leader="" if own["master_id"] == "-" else own["master_id"],
        has_slots=bool(own["slots"]),
        epoch=int(own["epoch"]),
        follows=replication.get("master_link_status") == "up",
        offset=int(replication.get("slave_repl_offset", 0)),
        known=frozenset(node["node_id"] for node in nodes.values() if "handshake" not in node["flags"]),
        serves=cluster["cluster_state"] == "ok" and int(cluster["cluster_slots_ok"]) == SLOTS,
    )


def _slots(described: str) -> list[int]:
    """Return the numbers in a list of ranges."""
    ranges = [part.partition("-")[::2] for part in described.split(",")]
    return [slot for first, last in ranges for slot in range(int(first), int(last or first) + 1)]

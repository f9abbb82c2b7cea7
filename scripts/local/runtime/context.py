"""What every controller of the runtime is given, and what a controller is."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from scripts.local.runtime.addresses import Addresses
from scripts.local.runtime.aws_client import Aws
from scripts.local.runtime.ports import Ports
from scripts.local.runtime.supervisor import Supervisor
from scripts.local.timeline import Timeline


@dataclass(kw_only=True)
class Context:
    """The runtime's parts that controllers share. `state` is the folder of state and logs (`.local/`).

    The runtime sets `settled` once all has been healthy for a while: what was deployed has come alive.
    It `takes_over` where another has led before: what that one has started is gone on with.
    `forwarded` are the local addresses that load balancers may send requests to, by load balancer.
    """

    aws: Aws
    supervisor: Supervisor
    addresses: Addresses
    ports: Ports
    state: Path
    takes_over: bool = False
    settled: bool = False
    forwarded: dict[str, frozenset[str]] = field(default_factory=dict)
    timeline: Timeline = field(init=False)

    def __post_init__(self) -> None:
        """Tell what happens in the timeline of the state folder."""
        self.timeline = Timeline(self.state)


class Controller(Protocol):
    """Makes one kind of deployed thing real on this machine, and keeps it so."""

    name: str
    after: tuple[str, ...]
    """Names of the controllers that must have reconciled once before: what they publish is needed."""

    async def reconcile(self) -> bool:
        """Read AWS, start what is missing, stop what is gone; return whether all of it is healthy.

        Idempotent, and never blocks the event loop. May raise: the runtime reports it and tries again.
        """
        ...

    async def close(self) -> None:
        """Release what is not a supervised process: tasks, sockets, connections."""
        ...

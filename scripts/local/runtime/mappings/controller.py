"""The deployed event source mappings, followed on this machine."""

import asyncio
from typing import Any

from scripts.local.runtime.context import Context
from scripts.local.runtime.errors import LocalRuntimeError
from scripts.local.runtime.functions import Functions
from scripts.local.runtime.mappings.mapping import Mapping
from scripts.local.runtime.mappings.poller import Poller
from scripts.local.runtime.mappings.queue_poller import QueuePoller
from scripts.local.runtime.mappings.stream_poller import StreamPoller


class Mappings:
    """Keeps a poller for every enabled mapping.

    A changed mapping gets a new poller once the old one has finished what it had begun.
    """

    name = "mappings"
    after: tuple[str, ...] = ("functions",)

    def __init__(self, context: Context, functions: Functions) -> None:
        self._context = context
        self._functions = functions
        self._pollers: dict[str, Poller] = {}

    async def reconcile(self) -> bool:
        """Start and stop pollers as the mappings say; return whether exactly these are followed now.

        Raises `LocalRuntimeError` for mappings that cannot be followed here or now, after all others were
        seen to.
        """
        wanted, problems = {}, []
        for item in await self._list():
            try:
                mapping = self._read(item)
            except LocalRuntimeError as error:
                problems.append(str(error))
            else:
                if mapping.enabled:
                    wanted[mapping.id] = mapping
        is_settled = self._apply(wanted)
        problems += [poller.problem for poller in self._pollers.values() if poller.problem]
        if problems:
            raise LocalRuntimeError("\n".join(problems))
        return is_settled

    async def close(self) -> None:
        """End all pollers at once."""
        pollers = list(self._pollers.values())
        self._pollers.clear()
        await asyncio.gather(*(poller.cut_off() for poller in pollers))

    async def _list(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        marker: dict[str, str] = {}
        while True:
            page = await self._context.aws.call("lambda", "list_event_source_mappings", **marker)
            found += page["EventSourceMappings"]
            if not page.get("NextMarker"):
                return found
            marker = {"Marker": page["NextMarker"]}

    def _read(self, item: dict[str, Any]) -> Mapping:
        """Read a mapping. Without its function nothing is polled: what is taken could not be handed on."""
        mapping = Mapping.of(item)
        if not self._functions.has(mapping.function):
            raise LocalRuntimeError(
                f"Event source mapping {mapping.id} ({mapping.source}) waits for its function"
                f" {mapping.function} to be deployed."
            )
        return mapping

    def _apply(self, wanted: dict[str, Mapping]) -> bool:
        for id_, poller in list(self._pollers.items()):
            if wanted.get(id_) != poller.mapping:
                poller.stop()
            if poller.is_done:
                del self._pollers[id_]
        for id_ in wanted.keys() - self._pollers.keys():
            self._pollers[id_] = self._start(wanted[id_])
        return all(poller.mapping == wanted.get(id_) for id_, poller in self._pollers.items())

    def _start(self, mapping: Mapping) -> Poller:
        if mapping.service == "sqs":
            return QueuePoller(mapping, self._context, self._functions)
        checkpoints = self._context.state / "mappings" / f"{mapping.id}.json"
        return StreamPoller(mapping, self._context, self._functions, checkpoints)

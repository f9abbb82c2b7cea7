"""Runs a Pulumi program against Pulumi's own mock runtime, whatever the mocks then do."""

import asyncio
import contextvars
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi.runtime import get_root_resource, set_all_config, set_mocks
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.settings import SETTINGS
from pulumi.runtime.stack import run_pulumi_func

WORKERS = 4  # threads that serve resources; what is behind the mocks answers one request at a time


@dataclass(frozen=True, kw_only=True)
class StackOutput:
    """What a program exports: its value, with `pulumi.output.Unknown` for what no mock knew."""

    value: Any
    secret: bool


@dataclass(frozen=True, kw_only=True)
class Target:
    """What a program is run for: what it reads of the project, the stack and its config."""

    project: str
    stack: str
    config: Mapping[str, str]


def run(
    program: Callable[[], object], monitor: MockMonitor, target: Target, *, preview: bool = False
) -> dict[str, StackOutput]:
    """Run `program` to its end and return its outputs by name; what it or a mock raises is raised here.

    With `preview`, outputs that the mocks leave out are unknown instead of missing. Runs an event loop of its
    own: call it from a thread that has none.
    """

    async def main() -> dict[str, StackOutput]:
        set_all_config(dict(target.config))
        set_mocks(monitor.mocks, project=target.project, stack=target.stack, preview=preview, monitor=monitor)
        return await _run(program)

    # Pulumi keeps its state in context variables: an empty context lets runs follow each other.
    return contextvars.Context().run(asyncio.run, main())


async def _run(program: Callable[[], object]) -> dict[str, StackOutput]:
    loops: list[asyncio.AbstractEventLoop] = []

    def prepare_worker() -> None:
        """Give a thread the event loop that Pulumi's mocks want there, and would never close."""
        loops.append(asyncio.new_event_loop())
        asyncio.set_event_loop(loops[-1])

    loop = asyncio.get_running_loop()
    workers = ThreadPoolExecutor(WORKERS, "resource", prepare_worker)
    loop.set_default_executor(workers)
    # What depends on a failed resource fails with it: the first failure is raised, its echoes are no news.
    loop.set_exception_handler(lambda _loop, _context: None)
    SETTINGS.outputs = set()  # of this run: what a failed one left there belongs to a closed loop
    try:
        await run_pulumi_func(lambda: _evaluate(program))
        return await _outputs()
    finally:
        workers.shutdown(wait=True, cancel_futures=True)
        for each in loops:
            each.close()


async def _evaluate(program: Callable[[], object]) -> None:
    """Run the program, then wait until everything that it registered is there, or something failed.

    Pulumi would wait as well, but anew for all of them whenever one is there: in quadratic time.
    """
    program()
    while SETTINGS.rpc_manager.unhandled_exception is None:
        outstanding = [output for output in list(SETTINGS.outputs) if not output.done()]
        if not outstanding:
            return
        await asyncio.wait(outstanding, return_when=asyncio.FIRST_EXCEPTION)


async def _outputs() -> dict[str, StackOutput]:
    outputs = {}
    for name, value in getattr(get_root_resource(), "outputs", {}).items():
        output: pulumi.Output[Any] = pulumi.Output.from_input(value)
        outputs[name] = StackOutput(
            value=await output.future(with_unknowns=True), secret=await output.is_secret()
        )
    return outputs

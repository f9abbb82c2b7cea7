"""Run a stack's program and create what it registers."""

import asyncio
import contextvars
import runpy
import time
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi
from pulumi.runtime import get_root_resource, set_all_config, set_mocks
from pulumi.runtime.settings import SETTINGS
from pulumi.runtime.stack import run_pulumi_func

from scripts.local import REGION
from scripts.local.engine.clients import Clients
from scripts.local.engine.monitor import Created, Engine, Monitor, OnResource
from scripts.local.engine.project import Project
from scripts.local.engine.resource import Provider

HIDDEN = "[secret]"
WORKERS = 4  # threads that create resources; the local AWS answers one request at a time


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """What a deployment made.

    Attributes:
        outputs: of the program, by name; secrets read `[secret]`.
        created: each resource with its own seconds, in the order in which they were finished.
        seconds: from the start of the program, its imports included, until everything was created.
    """

    outputs: Mapping[str, Any]
    created: tuple[Created, ...]
    seconds: float

    @property
    def resources(self) -> int:
        """The number of resources, without components and providers."""
        return len(self.created)

    @property
    def types(self) -> Mapping[str, int]:
        """How many resources of each type there are, the most frequent first."""
        return dict(Counter(resource.type for resource in self.created).most_common())


def deploy(*, stack: str, root: Path, endpoint: str, on_resource: OnResource | None = None) -> Deployment:
    """Deploy a stack of the Pulumi project in `root` into the AWS at `endpoint`.

    `on_resource` hears the type, logical name and seconds of each resource when it is there, from any thread.
    Raises `EngineError` for an unknown stack, for a type or property without an adapter, and for a call that
    AWS refused. What the program raises itself, such as an error in its settings, comes out as it is. Runs an
    event loop of its own: call it from a thread that has none.
    """
    project = Project.load(root)
    config = project.config(stack)
    engine = Engine(
        clients=Clients(endpoint),
        provider=Provider(region=config.get("aws:region", REGION)),
        on_resource=on_resource,
    )
    started = time.perf_counter()
    # Pulumi keeps its state in context variables: an empty context lets deployments follow each other.
    outputs = contextvars.Context().run(asyncio.run, _run(project, stack, config, engine))
    return Deployment(outputs=outputs, created=tuple(engine.created), seconds=time.perf_counter() - started)


async def _run(project: Project, stack: str, config: Mapping[str, str], engine: Engine) -> dict[str, Any]:
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
    SETTINGS.outputs = set()  # of this deployment: what a failed one left there belongs to a closed loop
    set_all_config(dict(config))
    set_mocks(engine, project=project.name, stack=stack, preview=False, monitor=Monitor(engine))
    try:
        await run_pulumi_func(lambda: _evaluate(project.main))
        return await _outputs()
    finally:
        workers.shutdown(wait=True, cancel_futures=True)
        for each in loops:
            each.close()


async def _evaluate(program: Path) -> None:
    """Run the program, then wait until everything that it registered is there, or something failed.

    Pulumi would wait as well, but anew for all of them whenever one is there: in quadratic time.
    """
    runpy.run_path(str(program), run_name="__main__")
    while SETTINGS.rpc_manager.unhandled_exception is None:
        outstanding = [output for output in list(SETTINGS.outputs) if not output.done()]
        if not outstanding:
            return
        await asyncio.wait(outstanding, return_when=asyncio.FIRST_EXCEPTION)


async def _outputs() -> dict[str, Any]:
    outputs = {}
    root = get_root_resource()
    for name, value in getattr(root, "outputs", {}).items():
        output: pulumi.Output[Any] = pulumi.Output.from_input(value)
        outputs[name] = HIDDEN if await output.is_secret() else await output.future()
    return outputs

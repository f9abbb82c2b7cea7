"""Run a stack's program and create what it registers."""

import json
import runpy
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.evaluation.mock_runtime import Target, run
from scripts.local import REGION
from scripts.local.engine.clients import Clients
from scripts.local.engine.monitor import Created, Engine, Monitor, OnResource
from scripts.local.engine.resource import Provider
from scripts.project import Project, as_config

HIDDEN = "[secret]"


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


def deploy(
    *,
    stack: str,
    root: Path,
    endpoint: str,
    added: Mapping[str, Mapping[str, Any]] | None = None,
    on_resource: OnResource | None = None,
) -> Deployment:
    """Deploy a stack of the Pulumi project in `root` into the AWS at `endpoint`.

    `added` are settings beside those of the stack's file, by their sections. `on_resource` hears the type,
    logical name and seconds of each resource when it is there, from any thread. Raises `ProjectError` for an
    unknown stack; `EngineError` for a type or property without an adapter, and for a call that AWS refused.
    What the program raises itself, such as an error in its settings, comes out as it is. Runs an event loop
    of its own: call it from a thread that has none.
    """
    project = Project.load(root)
    config = project.config(stack)
    for section, values in (added or {}).items():
        key = f"{project.name}:{section}"
        config[key] = as_config({**json.loads(config.get(key, "{}")), **values})
    engine = Engine(
        clients=Clients(endpoint),
        provider=Provider(region=config.get("aws:region", REGION)),
        on_resource=on_resource,
    )
    started = time.perf_counter()
    outputs = run(
        lambda: runpy.run_path(str(project.main), run_name="__main__"),
        Monitor(engine),
        Target(project=project.name, stack=stack, config=config),
    )
    return Deployment(
        outputs={name: HIDDEN if it.secret else it.value for name, it in outputs.items()},
        created=tuple(engine.created),
        seconds=time.perf_counter() - started,
    )

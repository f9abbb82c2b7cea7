"""`deploy`: what a resource takes the embedded engine, and how the program's evaluation grows with them."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from scripts.bench.figure import Figure, Goal, medians
from scripts.bench.processes import in_a_fresh_process

RUNS = 5
COPIES = 8  # of the whole stack in one program, to see how its evaluation grows
STACK = "local"
ROOT = Path(__file__).resolve().parent.parent.parent


def measure() -> list[Figure]:
    """Deploy the local stack into a fresh local AWS, and evaluate its program once and several times over."""
    from scripts.build import build  # noqa: PLC0415 - not part of what is measured in the other processes

    build("local", ROOT, ROOT / "dist")
    deployments = [in_a_fresh_process(deploy_once) for _ in range(RUNS)]
    evaluations = [in_a_fresh_process(evaluate_stacks) for _ in range(RUNS)]
    per_resource = Figure(
        name="deploy: embedded engine, a resource",
        unit="ms",
        samples=[one["ms_per_resource"] for one in deployments],
        goal=Goal(limit=120),
        parts=medians([one["ms_by_service"] for one in deployments]),
    )
    growth = Figure(
        name=f"deploy: evaluation, a resource of {COPIES} stacks",
        unit="ms CPU",
        samples=[one["many"] for one in evaluations],
        reference=[one["single"] for one in evaluations],
        reference_name="a resource of 1 stack",
        goal=Goal(limit=1.1, of="ratio"),
    )
    return [per_resource, growth]


def deploy_once() -> dict[str, Any]:
    """Return the milliseconds a resource of one deployment, imports included, in all and by service."""
    from scripts.local.daemons import start_aws  # noqa: PLC0415 - Pulumi and its parts are imported as in `up`
    from scripts.local.engine import deploy  # noqa: PLC0415
    from scripts.local.ledger import Ledger  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="blueprint-bench-") as folder:
        state = Path(folder)
        try:
            deployment = deploy(stack=STACK, root=ROOT, endpoint=start_aws(state, {}))
        finally:
            Ledger(state).end_all()
    by_service: dict[str, float] = {}
    for resource in deployment.created:
        service = resource.type.split("/")[0]
        by_service[service] = by_service.get(service, 0) + resource.seconds * 1000
    return {
        "ms_per_resource": deployment.seconds * 1000 / deployment.resources,
        "ms_by_service": by_service,
    }


def evaluate_stacks() -> dict[str, float]:
    """Return the milliseconds of CPU a resource, of a program with one stack and of one with `COPIES`."""
    from infra.manifest import Manifest  # noqa: PLC0415 - Pulumi takes seconds, and only here
    from infra.settings import Settings  # noqa: PLC0415
    from infra.stack import Stack  # noqa: PLC0415
    from scripts.bench.evaluation import evaluate  # noqa: PLC0415
    from scripts.project import Project  # noqa: PLC0415

    config = Project.load(ROOT).config(STACK)

    def stacks(copies: int) -> float:
        def program() -> None:
            settings = Settings.load()
            manifest = Manifest.read(ROOT / "dist" / settings.platform, settings)
            for _ in range(copies):
                Stack(settings, manifest)

        return evaluate(program, stack=STACK, config=config).per_resource

    stacks(1)  # imports
    return {"single": stacks(1), "many": stacks(COPIES)}

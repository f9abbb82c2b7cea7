"""`program`: what evaluating the program takes beside Pulumi itself, and how that grows with its settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scripts.bench.figure import Figure, Goal
from scripts.bench.processes import in_a_fresh_process

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

RUNS = 5
SHARDS = (1, 2, 4, 8, 16)


def measure() -> list[Figure]:
    """Evaluate `scale` beside a program of as many topics, and `internet` with one to sixteen shards."""
    beside = [in_a_fresh_process(scale_and_topics) for _ in range(RUNS)]
    by_shards = [in_a_fresh_process(one_to_sixteen_shards) for _ in range(RUNS)]
    few, many = SHARDS[0], SHARDS[-1]
    scale = Figure(
        name="program: evaluation of scale",
        unit="ms CPU",
        samples=[one["scale"] for one in beside],
        reference=[one["topics"] for one in beside],
        reference_name="as many topics",
        goal=Goal(limit=1.3, of="ratio"),
    )
    growth = Figure(
        name=f"program: a resource of {many} shards",
        unit="ms CPU",
        samples=[one[many] for one in by_shards],
        reference=[one[few] for one in by_shards],
        reference_name=f"a resource of {few} shard",
        goal=Goal(limit=1.1, of="ratio"),
        parts={f"a resource of {n} shards": sum(one[n] for one in by_shards) / RUNS for n in SHARDS},
    )
    return [scale, growth]


def scale_and_topics() -> dict[str, float]:
    """Return the milliseconds of CPU of `scale`, and of a program that registers as many SNS topics."""
    import pulumi_aws as aws  # noqa: PLC0415 - takes seconds, and only here

    from scripts.bench.evaluation import evaluate  # noqa: PLC0415

    program = _program({"preset": "scale"})
    count = evaluate(program).resources  # and its imports

    def topics() -> None:
        for number in range(count):
            aws.sns.Topic(f"topic-{number}")

    evaluate(topics)
    return {"scale": evaluate(program).milliseconds, "topics": evaluate(topics).milliseconds}


def one_to_sixteen_shards() -> dict[int, float]:
    """Return the milliseconds of CPU a resource of `internet`, by the number of its shards."""
    from scripts.bench.evaluation import evaluate  # noqa: PLC0415 - Pulumi takes seconds, and only here

    programs = {
        shards: _program({"preset": "internet", "database": {"shards": shards, "replicas": 1}})
        for shards in SHARDS
    }
    evaluate(programs[SHARDS[0]])  # imports
    return {shards: evaluate(program).per_resource for shards, program in programs.items()}


def _program(own: Mapping[str, Any]) -> Callable[[], object]:
    """The program of a staging stack with these settings."""
    from infra.settings import Settings  # noqa: PLC0415 - as above
    from infra.stack import Stack  # noqa: PLC0415
    from scripts.evaluation.stack import placeholders  # noqa: PLC0415
    from scripts.local import REGION  # noqa: PLC0415

    def program() -> None:
        config = {"stage": "staging", **own}
        settings = Settings.parse(config, project="blueprint", stack="bench", region=REGION)
        Stack(settings, placeholders(settings))

    return program

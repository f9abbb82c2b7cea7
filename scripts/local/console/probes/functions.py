"""What functions did lately, as CloudWatch tells it."""

from collections.abc import Sequence

from scripts.local.console.model import Group
from scripts.local.console.probes.cloudwatch import Figure, newest
from scripts.local.runtime.aws_client import Aws
from scripts.local.runtime.control.minute import MINUTE

FIGURES = (
    Figure("invocations", "Invocations", "Sum", 1 / MINUTE),
    Figure("errors", "Errors", "Sum", 1 / MINUTE),
    Figure("duration", "Duration", "Average", 1.0),
    Figure("iterator_age", "IteratorAge", "Maximum", 0.001),
)


async def measure(aws: Aws, groups: Sequence[Group]) -> dict[str, dict[str, float]]:
    """Return how functions fared in the last period in which they did something, by ARN.

    That is invocations a second, the share that failed, milliseconds that one took, and of what reads streams
    the age of the newest record, in seconds. A stream has that of the reader that is the farthest behind.
    """
    things = [{"FunctionName": group.title} for group in groups]
    found: dict[str, dict[str, float]] = {}
    for group, own in zip(groups, await newest(aws, "AWS/Lambda", FIGURES, things), strict=True):
        if own.get("invocations"):
            own["errors"] = own.get("errors", 0.0) / own["invocations"]
        found[group.id] = own
        for source in group.fed_by:
            if ":kinesis:" in source and "iterator_age" in own:
                of_stream = found.setdefault(source, {})
                of_stream["iterator_age"] = max(own["iterator_age"], of_stream.get("iterator_age", 0.0))
    return found

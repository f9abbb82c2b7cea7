"""What is wrong with a program that raises an exception, and in which of its components."""

import traceback
from pathlib import Path

import pulumi

HERE = Path(__file__).parent
STACK = "pulumi:pulumi:Stack"


def described(error: Exception) -> str:
    """The exception in a sentence: the component that was at work, the line of the program, what it says."""
    component = _component(error)
    kind = component.pulumi_resource_type.rpartition(":")[2] if component else ""
    where = f" in {kind} {component.pulumi_resource_name}" if component else ""
    lines = _lines(error)
    place = f", line {lines[-1].lineno} of {Path(lines[-1].filename).name}" if lines else ""
    return f"The program fails{where}{place}: {' '.join(str(error).split())}"


def _lines(error: Exception) -> list[traceback.FrameSummary]:
    """What the program, which this package runs, was doing; none where Pulumi fails later, by itself."""
    program: list[traceback.FrameSummary] = []
    for frame in traceback.extract_tb(error.__traceback__):
        program = [] if HERE in Path(frame.filename).parents else [*program, frame]
    return [frame for frame in program if "site-packages" not in frame.filename]


def _component(error: Exception) -> pulumi.ComponentResource | None:
    """The innermost component that the exception's traceback knows."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    values = (value for frame in reversed(frames) for value in list(frame.f_locals.values()))
    found = (it for it in values if isinstance(it, pulumi.ComponentResource))
    return next((it for it in found if it.pulumi_resource_type != STACK), None)

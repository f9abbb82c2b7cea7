"""What is wrong with a stack's settings, said so that its owner can mend it."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

NAMES_OUTSIDE = {"region": "aws:region", "project": "name (in Pulumi.yaml)", "stack": "the stack's name"}
"""Settings that do not stand below the project's name in the stack file, and what they are called instead."""


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One setting that cannot work.

    Attributes:
        key: the setting as `Settings` spells it: `database.replicas`.
        value: what it is set to.
        allowed: what it may be, as the end of a sentence: "0 to 5".
        remedy: what to do, as a sentence of its own.
    """

    key: str
    value: object
    allowed: str
    remedy: str


class SettingsError(pulumi.RunError):
    """The settings of a stack cannot work.

    Names every problem at once. Pulumi prints a RunError without a traceback.
    """

    def __init__(self, source: str, problems: Sequence[Problem], namespace: str = "blueprint") -> None:
        """
        Args:
            source: the file that holds the settings, such as `Pulumi.dev.yaml`.
            problems: at least one.
            namespace: the Pulumi project, below which the stack file lists its settings.
        """
        self.problems = tuple(problems)
        count = "1 setting" if len(problems) == 1 else f"{len(problems)} settings"
        lines = [
            f"{source} has {count} that cannot work:",
            *(_line(problem, namespace) for problem in problems),
        ]
        super().__init__("\n".join(lines))


def _line(problem: Problem, namespace: str) -> str:
    key = NAMES_OUTSIDE.get(problem.key, f"{namespace}:{problem.key}")
    value = "not set" if problem.value is None else repr(problem.value)
    return f"- {key} is {value}; allowed: {problem.allowed}. {problem.remedy}"

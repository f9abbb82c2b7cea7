"""How a component is made in a test: with arguments of its class, one of which may be changed."""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Change = Callable[[Any], Any]


@dataclass(frozen=True, kw_only=True)
class Example:
    """How one makes something from arguments, with arguments to make it from.

    Attributes:
        make: makes it; registers resources.
        args: makes the arguments, inside of a running program.
        changes: another value for arguments that cannot be changed by their type alone.
    """

    make: Callable[[Any], object]
    args: Callable[[], Any]
    changes: Mapping[str, Change] = dataclasses.field(default_factory=dict)

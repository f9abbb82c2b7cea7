"""What a rule is."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from infra.errors import Problem

if TYPE_CHECKING:
    from infra.settings import Settings

Rule = Callable[["Settings"], Iterator[Problem]]

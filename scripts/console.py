"""Where commands print their tables."""

import sys

from rich.console import Console


def console(width: int = 200) -> Console:
    """Return the console; a pipe has no width: there, tables take up to so many columns."""
    return Console(highlight=False) if sys.stdout.isatty() else Console(width=width, highlight=False)

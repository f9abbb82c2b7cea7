"""`python -m app.events` prints the reference page, `python -m app.events release` writes the schemas."""

import sys

from app.events.catalogue import EVENTS
from app.events.page import page
from app.events.releases import IncompatibleError, release

USAGE = "usage: python -m app.events [release]"


def main(arguments: list[str]) -> int:
    """Do what the arguments say, and return the exit code."""
    match arguments:
        case []:
            sys.stdout.write(page(EVENTS))
        case ["release"]:
            try:
                changed = release(EVENTS)
            except IncompatibleError as error:
                sys.stderr.write(f"{error}\n")
                return 1
            sys.stdout.write("".join(f"{name}\n" for name in changed))
        case _:
            sys.stderr.write(f"{USAGE}\n")
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

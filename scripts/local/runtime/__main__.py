"""Brings to life whatever is deployed in the local AWS: `python -m scripts.local.runtime --help`."""

import logging
import sys

from scripts.errors import UserError
from scripts.local.runtime import arguments, preparation
from scripts.local.runtime.leader import lead
from scripts.local.runtime.ports import Ports


def main() -> None:
    """Run until SIGTERM or SIGINT, then end everything; exit with a message when it cannot run."""
    told = arguments.parse("scripts.local.runtime", __doc__)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    try:
        Ports(told.ports).check()
        lead(told, preparation.prepare(told.state))
    except UserError as error:
        preparation.release(told.state)
        sys.exit(str(error))


if __name__ == "__main__":
    main()

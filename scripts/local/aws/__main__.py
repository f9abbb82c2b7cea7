"""`python -m scripts.local.aws --port 5000`: serve the local AWS until SIGTERM or SIGINT."""

import argparse
import os
import signal
import sys
from types import FrameType

from scripts.local import ACCOUNT

# moto reads its settings when it is imported: say what we want before.
os.environ["MOTO_ACCOUNT_ID"] = ACCOUNT  # the only one; moto searches the keys of all accounts otherwise
os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"  # policies of AWS can be attached
os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"  # keeps a thousand images out of inventories

from scripts.local.aws.server import serve


def main() -> None:
    """Read the port from the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m scripts.local.aws", description="AWS on this machine.")
    parser.add_argument("--port", type=int, required=True, help="the port on 127.0.0.1 to listen at")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGINT, _leave)
    serve(arguments.port)


def _leave(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(0)


if __name__ == "__main__":
    main()

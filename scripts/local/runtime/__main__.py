"""Brings to life whatever is deployed in the local AWS: `python -m scripts.local.runtime --help`."""

import argparse
import asyncio
import logging
import signal
import sys
from pathlib import Path

from scripts.errors import UserError
from scripts.local import REGION
from scripts.local.runtime import preparation
from scripts.local.runtime.addresses import Addresses
from scripts.local.runtime.aws_client import Aws
from scripts.local.runtime.context import Context
from scripts.local.runtime.ports import NAMES, Ports
from scripts.local.runtime.runtime import Runtime, controllers
from scripts.local.runtime.supervisor import Supervisor


def main() -> None:
    """Run until SIGTERM or SIGINT, then end everything; exit with a message when it cannot run."""
    arguments = _arguments()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    state = arguments.state.resolve()
    try:
        ports = Ports(dict(arguments.port))
        ports.check()
        preparation.prepare(state)
        asyncio.run(_run(state, arguments.endpoint, ports))
    except UserError as error:
        sys.exit(str(error))
    finally:
        preparation.release(state)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m scripts.local.runtime", description=__doc__)
    parser.add_argument("--state", type=Path, required=True, help="folder for state and logs, such as .local")
    parser.add_argument("--endpoint", required=True, help="the local AWS, such as http://127.0.0.1:5000")
    parser.add_argument(
        "--port",
        type=_port,
        action="append",
        default=[],
        metavar="NAME=NUMBER",
        help=f"fix a port; free ones are chosen otherwise. Names: {', '.join(NAMES)}",
    )
    return parser.parse_args()


def _port(text: str) -> tuple[str, int]:
    name, _, number = text.partition("=")
    if not number.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form NAME=NUMBER, such as site=8000")
    return name, int(number)


async def _run(state: Path, endpoint: str, ports: Ports) -> None:
    stop = asyncio.Event()
    for received in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(received, stop.set)
    addresses = Addresses(endpoint)
    addresses.publish("", endpoint, "aws")
    context = Context(
        aws=Aws(endpoint, REGION),
        supervisor=Supervisor(state, addresses.missing),
        addresses=addresses,
        ports=ports,
        state=state,
    )
    await Runtime(context, controllers(context)).run(stop)


if __name__ == "__main__":
    main()

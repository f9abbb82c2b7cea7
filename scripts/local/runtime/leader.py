"""A runtime at work: the one that was started, or the standby that has taken over from it."""

import asyncio
import signal

from scripts.local import REGION
from scripts.local.runtime import preparation
from scripts.local.runtime.addresses import Addresses
from scripts.local.runtime.arguments import Arguments
from scripts.local.runtime.aws_client import Aws
from scripts.local.runtime.context import Context
from scripts.local.runtime.election import Election
from scripts.local.runtime.notes import FOLDER, Notes
from scripts.local.runtime.ports import Ports
from scripts.local.runtime.runtime import Runtime, controllers
from scripts.local.runtime.standby import Standby
from scripts.local.runtime.supervisor import Supervisor


def lead(arguments: Arguments, election: Election, *, takes_over: bool = False) -> None:
    """Run until SIGTERM or SIGINT, then end everything.

    Args:
        election: which was won.
        takes_over: whether another runtime led before, and what it has started may still run.
    """
    try:
        asyncio.run(_run(arguments, election, takes_over=takes_over))
    finally:
        preparation.release(arguments.state)
        election.leave()


async def _run(arguments: Arguments, election: Election, *, takes_over: bool) -> None:
    stop = asyncio.Event()
    for received in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(received, stop.set)
    state, notes = arguments.state, arguments.state / FOLDER
    addresses = Addresses(arguments.endpoint, Notes(notes / "addresses.json"))
    addresses.publish("", arguments.endpoint, "aws")
    context = Context(
        aws=Aws(arguments.endpoint, REGION),
        supervisor=Supervisor(state, addresses.missing, takes_over=takes_over),
        addresses=addresses,
        ports=Ports(arguments.ports, Notes(notes / "ports.json")),
        state=state,
        takes_over=takes_over,
    )
    followed = [*controllers(context), Standby(context, arguments)]
    await Runtime(context, followed, election.beat).run(stop)

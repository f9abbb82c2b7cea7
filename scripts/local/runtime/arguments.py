"""The command line of a runtime, which its standby is given as well."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.local.runtime.ports import NAMES


@dataclass(frozen=True, kw_only=True)
class Arguments:
    """What a runtime is told: its `state` folder, the local AWS's `endpoint`, fixed `ports` by name.

    `words` are the same as they stand on a command line.
    """

    state: Path
    endpoint: str
    ports: dict[str, int]
    words: Sequence[str]


def parse(module: str, description: str | None) -> Arguments:
    """Read the command line of `module`; exits with a message where it is wrong."""
    parser = argparse.ArgumentParser(prog=f"python -m {module}", description=description)
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
    found = parser.parse_args()
    state, ports = found.state.resolve(), dict(found.port)
    fixed = (f"--port={name}={number}" for name, number in ports.items())
    words = ("--state", str(state), "--endpoint", found.endpoint, *fixed)
    return Arguments(state=state, endpoint=found.endpoint, ports=ports, words=words)


def _port(text: str) -> tuple[str, int]:
    name, _, number = text.partition("=")
    if not number.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form NAME=NUMBER, such as site=8000")
    return name, int(number)

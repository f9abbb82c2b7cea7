"""Serves the console: `python -m scripts.local.console --help`."""

import argparse
import logging
from pathlib import Path

import uvicorn

from scripts.local import REGION
from scripts.local.console.server import create_app
from scripts.local.console.watch import Watch
from scripts.local.faults.book import Book
from scripts.local.runtime.aws_client import Aws
from scripts.local.runtime.ports import HOST


def main() -> None:
    """Serve until a signal ends it."""
    parser = argparse.ArgumentParser(prog="python -m scripts.local.console", description=__doc__)
    parser.add_argument("--state", type=Path, required=True, help="the folder of the local stack")
    parser.add_argument("--endpoint", required=True, help="the local AWS, such as http://127.0.0.1:5000")
    parser.add_argument("--port", type=int, required=True)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    state = arguments.state.resolve()
    app = create_app(Watch(Aws(arguments.endpoint, REGION), state), Book(state))
    uvicorn.run(app, host=HOST, port=arguments.port, log_level="warning", timeout_graceful_shutdown=1)


if __name__ == "__main__":
    main()

"""A deployed consumer that writes down what it is invoked with, and obeys what it reads."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from scripts.local.runtime.context import Context
from scripts.local.runtime.functions import Functions
from scripts.local.runtime.mappings import Mappings
from tests.scripts.local.runtime.functions.cloud import Cloud, running_functions
from tests.waiting import INTERVAL, PATIENCE

# An item's text is what it carries: "fail..." raises, "bad..." is reported, "exit..." ends the process, and
# "hold..." waits for the file `release`.
SOURCE = """
import base64, json, os, pathlib, time

folder = pathlib.Path(os.environ["FOLDER"])

def text(record):
    if "body" in record:
        return record["body"]
    return base64.b64decode(record["kinesis"]["data"]).decode()

def identifier(record):
    return record["messageId"] if "body" in record else record["kinesis"]["sequenceNumber"]

def handler(event, context):
    with open(folder / "invocations", "a") as file:
        file.write(json.dumps(event) + "\\n")
    texts = [text(record) for record in event["Records"]]
    if any(one.startswith("exit") for one in texts):
        os._exit(1)
    if any(one.startswith("fail") for one in texts):
        raise ValueError("told to fail")
    if any(one.startswith("hold") for one in texts):
        while not (folder / "release").exists():
            time.sleep(0.01)
    with open(folder / "finished", "a") as file:
        file.write(json.dumps(texts) + "\\n")
    failed = [identifier(record) for record in event["Records"] if text(record).startswith("bad")]
    return {"batchItemFailures": [{"itemIdentifier": one} for one in failed]}
"""


class Consumer:
    """The function `consumer` and the folder that it writes to."""

    def __init__(self, cloud: Cloud, folder: Path, name: str = "consumer", **settings: Any) -> None:
        self.name = name
        self._folder = folder / name
        self._folder.mkdir()
        variables = {"FOLDER": str(self._folder)}
        self.arn = cloud.deploy_function(name, SOURCE, Environment={"Variables": variables}, **settings)

    def release(self) -> None:
        """Let the invocations go on that hold."""
        (self._folder / "release").touch()

    @property
    def events(self) -> list[dict[str, Any]]:
        """The events that it was invoked with, so far."""
        return self._read("invocations")

    @property
    def finished(self) -> list[list[str]]:
        """The texts of the batches that it came to the end of, so far."""
        return self._read("finished")

    @property
    def items(self) -> list[str]:
        """The texts of all batches that it came to the end of, in order."""
        return [text for batch in self.finished for text in batch]

    def _read(self, name: str) -> list[Any]:
        path = self._folder / name
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


@asynccontextmanager
async def following(context: Context) -> AsyncIterator[Mappings]:
    """Run the controllers of functions and of mappings."""
    async with running_functions(context) as functions, followed_by(context, functions) as mappings:
        yield mappings


@asynccontextmanager
async def followed_by(context: Context, functions: Functions) -> AsyncIterator[Mappings]:
    """Run the controller of mappings until it is closed."""
    mappings = Mappings(context, functions)
    try:
        await settle(mappings)
        yield mappings
    finally:
        await mappings.close()


async def settle(mappings: Mappings) -> None:
    """Reconcile until the pollers are those of the mappings."""
    deadline = time.monotonic() + PATIENCE
    while not await mappings.reconcile():
        assert time.monotonic() < deadline, "the mappings did not settle"
        await asyncio.sleep(INTERVAL)

"""The local stack that is drilled, as the drill reaches it: AWS, the database, the shop, and processes."""

import json
import os
import signal
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import httpx
import pg8000.native  # type: ignore[import-untyped] # it has no annotations
import psutil
from botocore.config import Config

from scripts.drill.errors import DrillError
from scripts.local import environment
from scripts.local.aws import doors, postponements
from scripts.local.daemons import running_runtime
from scripts.local.instances import environment_of_an_instance
from scripts.local.ledger import Ledger
from scripts.local.status import read_status

CONSUMERS = ("order_inventory", "order_notifications", "payment_capture")
# The drill meets the throttles that it asks for, and is the one who may wait.
CLIENT = Config(
    connect_timeout=5,
    read_timeout=60,
    retries={"mode": "standard", "total_max_attempts": 12},
    max_pool_connections=20,
)
PATIENCE = 60.0  # seconds for one answer
HEALTHY_WITHIN = 180.0  # seconds until what was started or killed is there
LOOK = 0.5


@dataclass(frozen=True, kw_only=True)
class Consumer:
    """A function with its queue, and the queue of what it could not process. ARNs are not needed here."""

    name: str
    function: str
    queue: str
    dead_letters: str

    @property
    def is_fifo(self) -> bool:
        """Whether its queue keeps order."""
        return self.queue.endswith(".fifo")


@dataclass
class Stack:
    """A running local stack; one thread at a time reads its database."""

    state: Path
    endpoint: str
    shop: str
    origin: Mapping[str, str]
    variables: Mapping[str, str]
    _clients: dict[str, Any] = field(default_factory=dict)
    _making: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def of(cls, state: Path) -> "Stack":
        """Find the stack that runs below a state folder.

        Raises:
            DrillError: none does, or it is none that can be drilled.
        """
        addresses = await_health(state)
        variables = environment_of_an_instance(state) or {}
        if variables.get("DATABASE_SHARDS") or not variables.get("LEASES_TABLE"):
            raise DrillError(
                "this stack cannot be drilled: its orders must be in one database, and a lease must choose "
                "the relay's leader. Leave --state out, and the drill brings up a stack of its own."
            )
        stack = cls(state, addresses["aws"], addresses["load_balancer"], {}, variables)
        stack.origin = stack._origin_header()
        return stack

    def client(self, service: str) -> Any:
        """Return a client of the stack's AWS, the same for all threads."""
        with self._making:
            if service not in self._clients:
                self._clients[service] = self.session().client(  # type: ignore[call-overload]
                    service, endpoint_url=self.endpoint, config=CLIENT
                )
            return self._clients[service]

    def session(self) -> boto3.session.Session:
        """Return a session of the stack's AWS."""
        told = environment(self.endpoint)
        return boto3.session.Session(
            told["AWS_ACCESS_KEY_ID"], told["AWS_SECRET_ACCESS_KEY"], region_name=told["AWS_REGION"]
        )

    @property
    def sqs(self) -> Any:
        """A client of SQS."""
        return self.client("sqs")

    def consumers(self) -> list[Consumer]:
        """Return the consumers of orders and payments, as they are deployed."""
        listed = self.client("lambda").list_event_source_mappings()["EventSourceMappings"]
        found = []
        for name in CONSUMERS:
            [mapping] = [one for one in listed if _function(one).endswith(name.replace("_", "-"))]
            queue = self._url(mapping["EventSourceArn"])
            policy = self.attributes(queue)["RedrivePolicy"]
            dead = self._url(json.loads(policy)["deadLetterTargetArn"])
            found.append(Consumer(name=name, function=_function(mapping), queue=queue, dead_letters=dead))
        return found

    def attributes(self, queue: str) -> dict[str, str]:
        """Return the attributes of a queue."""
        found: dict[str, str] = self.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])[
            "Attributes"
        ]
        return found

    def depth(self, queue: str) -> int:
        """Return how many messages a queue has, whoever may see them."""
        attributes = self.attributes(queue)
        kinds = ("", "NotVisible", "Delayed")
        return sum(int(attributes[f"ApproximateNumberOfMessages{kind}"]) for kind in kinds)

    @contextmanager
    def database(self, port: int | None = None) -> "Iterator[pg8000.native.Connection]":
        """Open a connection to the primary, or to what came of it at another port."""
        secret = self.client("secretsmanager").get_secret_value(
            SecretId=self.variables["DATABASE_SECRET_ARN"]
        )
        login = json.loads(secret["SecretString"])
        host, _, own = self.variables["DATABASE_WRITER"].rpartition(":")
        connection = pg8000.native.Connection(
            login["username"],
            host=host,
            port=port or int(own),
            database=self.variables["DATABASE_NAME"],
            password=login["password"],
        )
        try:
            yield connection
        finally:
            connection.close()

    def mailbox(self) -> list[dict[str, Any]]:
        """Return the mails that SES was asked to send."""
        messages: list[dict[str, Any]] = self._own("GET", "/_blueprint/mailbox")["messages"]
        return messages

    def refuse(self, **fault: object) -> None:
        """Have moto refuse calls for a while, as `scripts.local.aws.faults` describes."""
        self._own("POST", doors.FAULTS, fault)

    def refused(self) -> dict[str, int]:
        """Return how many calls were refused so far, by service and operation."""
        refused: dict[str, int] = self._own("GET", doors.FAULTS)["refused"]
        return refused

    def end_refusals(self) -> None:
        """Have moto refuse nothing more."""
        self._own("DELETE", doors.FAULTS)

    def end_postponements(self) -> None:
        """Have messages come back that consumers have postponed, as if the time had passed."""
        self._own("DELETE", postponements.PATH)

    def workers(self, consumer: Consumer) -> list[psutil.Process]:
        """Return the running processes of a consumer."""
        ledger, name = Ledger(self.state), f"function-{consumer.function}-"
        found = []
        for entry in ledger.entries():
            if entry.name.startswith(name) and ledger.is_alive(entry):
                with suppress(psutil.NoSuchProcess):
                    found.append(psutil.Process(entry.pid))
        return found

    def leader(self) -> int | None:
        """Return the process of an instance that leads the relay; None while none does that runs here."""
        table, key = self.variables["LEASES_TABLE"], {"lease_id": {"S": "outbox-relay-1"}}
        item = self.client("dynamodb").get_item(TableName=table, Key=key, ConsistentRead=True).get("Item")
        held_by = item["held_by"]["S"] if item else ""
        if not held_by:
            return None
        pid = int(held_by.rsplit("-", 6)[1])  # host, process and the five parts of a UUID
        with suppress(psutil.NoSuchProcess):
            return pid if self._is_of_an_instance(psutil.Process(pid)) else None
        return None

    def _is_of_an_instance(self, process: psutil.Process) -> bool:
        instances = {entry.pid for entry in Ledger(self.state).entries() if entry.role == "app"}
        family = {process.pid, *(parent.pid for parent in process.parents())}
        return process.status() != psutil.STATUS_ZOMBIE and bool(family & instances)

    def _origin_header(self) -> dict[str, str]:
        """Return the header by which the load balancer knows the CDN, in whose place the drill stands."""
        listed = self.client("cloudfront").list_distributions()["DistributionList"].get("Items", [])
        headers = [
            header
            for distribution in listed
            for origin in distribution["Origins"]["Items"]
            for header in origin.get("CustomHeaders", {}).get("Items", [])
        ]
        return {header["HeaderName"]: header["HeaderValue"] for header in headers}

    def _url(self, arn: str) -> str:
        url: str = self.sqs.get_queue_url(QueueName=arn.rpartition(":")[2])["QueueUrl"]
        return url

    def _own(self, method: str, path: str, document: object = None) -> dict[str, Any]:
        answer = httpx.request(method, f"{self.endpoint}{path}", json=document, timeout=PATIENCE)
        if not answer.is_success:
            raise DrillError(f"the local AWS refuses {method} {path}: {answer.text}")
        found: dict[str, Any] = answer.json()
        return found


def await_health(state: Path) -> dict[str, str]:
    """Wait until all is healthy of the stack that runs below a state folder, and return its addresses.

    Raises:
        DrillError: none runs, or it does not become healthy.
    """
    deadline = time.monotonic() + HEALTHY_WITHIN
    while not (status := read_status(state))["healthy"]:
        if running_runtime(state) is None:
            raise DrillError(f"no local stack runs in {state}. Start one with: make up")
        if time.monotonic() > deadline:
            ill = ", ".join(process["name"] for process in status["processes"] if not process["healthy"])
            raise DrillError(f"not healthy within {HEALTHY_WITHIN:.0f} s: {ill}. See: blueprint local status")
        time.sleep(LOOK)
    addresses: dict[str, str] = status["addresses"]
    return addresses


def send(sent: signal.Signals, pids: Sequence[int]) -> list[int]:
    """Send a signal to processes; return those that were there."""
    there = []
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, sent)
            there.append(pid)
    return there


def stands_still(process: psutil.Process) -> bool:
    """Tell whether a process is there and stopped."""
    with suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() == psutil.STATUS_STOPPED
    return False


def _function(mapping: Mapping[str, Any]) -> str:
    name: str = mapping["FunctionArn"].split(":")[6]  # behind it may stand an alias
    return name

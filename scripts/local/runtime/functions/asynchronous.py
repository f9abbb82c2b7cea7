"""Events for functions whose sender does not wait: tried again, and what fails for good set aside.

The rules are those of the Lambda developer guide, "How Lambda handles errors and retries with asynchronous
invocation" and "Adding a destination".
"""

import asyncio
import json
import logging
import time
from dataclasses import dataclass
from typing import Any, Literal, Self

from botocore.exceptions import ClientError

from scripts.local.runtime import destinations
from scripts.local.runtime.aws_client import Aws
from scripts.local.runtime.errors import LocalRuntimeError
from scripts.local.runtime.functions.controller import Functions
from scripts.local.runtime.functions.invocation import Invocation, new_id

logger = logging.getLogger(__name__)

# "If the function returns an error, by default Lambda attempts to run it two more times, with a one-minute
# wait between the first two attempts, and two minutes between the second and third attempts."
RETRY_AFTER = (60.0, 120.0)
# "By default [...] Lambda [...] tries [...] for up to 6 hours", in seconds.
DEFAULT_AGE = 21_600
# While a function is throttled: "The retry interval increases exponentially from 1 second after the first
# attempt to a maximum of 5 minutes."
FIRST_DELAY = 1.0
LONGEST_DELAY = 300.0

Condition = Literal["RetriesExhausted", "EventAgeExceeded"]


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """How long a function's events are worked on: retries, seconds, and the ARN that is told of the rest."""

    retries: int = len(RETRY_AFTER)
    age: int = DEFAULT_AGE
    on_failure: str | None = None

    @classmethod
    async def of(cls, aws: Aws, function: str) -> Self:
        """Read them; of a function that has none of its own, they are Lambda's."""
        try:
            found = await aws.call("lambda", "get_function_event_invoke_config", FunctionName=function)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
            return cls()
        retries, age = found.get("MaximumRetryAttempts"), found.get("MaximumEventAgeInSeconds")
        on_failure = found.get("DestinationConfig", {}).get("OnFailure", {})
        return cls(
            retries=cls.retries if retries is None else retries,
            age=cls.age if age is None else age,
            on_failure=on_failure.get("Destination"),
        )


@dataclass(kw_only=True)
class Delivery:
    """An event on its way: how often the function was invoked with it, and what came of the last time."""

    function: str
    payload: bytes
    began: float
    invocations: int = 0
    last: Invocation | None = None


async def deliver(aws: Aws, functions: Functions, function: str, payload: bytes) -> None:
    """Hand an event to a function, and return once it was handled or given up.

    Args:
        function: its ARN.
        payload: a JSON document.

    Raises:
        LocalRuntimeError: its failure destination is of a kind that this machine does not know.
    """
    bounds = await Bounds.of(aws, function)
    delivery = Delivery(function=function, payload=payload, began=time.monotonic())
    condition = await _work(functions, delivery, bounds)
    if condition is None:
        return
    reason = delivery.last.error if delivery.last else "was never invoked"
    logger.warning("%s: an event was given up (%s): %s", function, condition, reason)
    if bounds.on_failure:
        await destinations.send(aws, bounds.on_failure, document(delivery, condition))


async def _work(functions: Functions, delivery: Delivery, bounds: Bounds) -> Condition | None:
    """Try until the function returns; return why it was given up, if it was."""
    delay = FIRST_DELAY
    while time.monotonic() - delivery.began < bounds.age:
        try:
            delivery.last = await functions.invoke(delivery.function, delivery.payload)
        except LocalRuntimeError:  # it is busy, or not there at the moment
            await asyncio.sleep(delay)
            delay = min(delay * 2, LONGEST_DELAY)
            continue
        delivery.invocations += 1
        if delivery.last.error is None:
            return None
        if delivery.invocations > bounds.retries:
            return "RetriesExhausted"
        await asyncio.sleep(RETRY_AFTER[delivery.invocations - 1])
    return "EventAgeExceeded"


def document(delivery: Delivery, condition: Condition) -> str:
    """Return what a failure destination is told, in the shape of the guide's "invocation record"."""
    last = delivery.last
    told: dict[str, Any] = {
        "version": "1.0",
        "timestamp": destinations.timestamp(time.time()),
        "requestContext": {
            "requestId": last.request_id if last else new_id(),
            "functionArn": f"{delivery.function}:$LATEST",
            "condition": condition,
            "approximateInvokeCount": delivery.invocations,
        },
        "requestPayload": json.loads(delivery.payload),
    }
    if last:
        told["responseContext"] = {
            "statusCode": 200,
            "executedVersion": "$LATEST",
            "functionError": "Unhandled",
        }
        told["responsePayload"] = json.loads(last.payload)
    return json.dumps(told)

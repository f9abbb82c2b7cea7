"""Events whose sender does not wait: what Lambda documents, against a real process."""

import json
import uuid
from pathlib import Path
from typing import Any

import pytest

from scripts.local.runtime.context import Context
from scripts.local.runtime.errors import LocalRuntimeError
from scripts.local.runtime.functions import asynchronous
from scripts.local.runtime.functions.asynchronous import Bounds, deliver
from tests.scripts.local.runtime.functions.cloud import Cloud, running_functions

# Fails as often as its event says, and writes down each event that it was invoked with.
SOURCE = """
import json, os, pathlib

def handler(event, context):
    file = pathlib.Path(os.environ["FILE"])
    seen = file.read_text().splitlines() if file.exists() else []
    file.write_text("\\n".join([*seen, json.dumps(event)]))
    if len(seen) < event["failures"]:
        raise ValueError("told to fail")
"""


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retry at once."""
    monkeypatch.setattr(asynchronous, "RETRY_AFTER", (0.0, 0.0))
    monkeypatch.setattr(asynchronous, "FIRST_DELAY", 0.01)


@pytest.fixture
def seen(tmp_path: Path) -> Path:
    """The file that the function writes its events to."""
    return tmp_path / "seen"


@pytest.fixture
def function(cloud: Cloud, seen: Path) -> str:
    """A deployed function's ARN."""
    return cloud.deploy_function("late", SOURCE, Environment={"Variables": {"FILE": str(seen)}})


def events_in(seen: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in seen.read_text().splitlines()] if seen.exists() else []


def bound(cloud: Cloud, *, retries: int, age: int = 60) -> Any:
    """Bound the function's retries; return a function that reads what its failure queue is told."""
    sqs = cloud.client("sqs")
    url = sqs.create_queue(QueueName=f"failures-{uuid.uuid4().hex[:8]}")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    cloud.client("lambda").put_function_event_invoke_config(
        FunctionName="late",
        MaximumRetryAttempts=retries,
        MaximumEventAgeInSeconds=age,
        DestinationConfig={"OnFailure": {"Destination": arn}},
    )
    return lambda: [json.loads(it["Body"]) for it in sqs.receive_message(QueueUrl=url).get("Messages", [])]


async def test_an_event_is_handled_once_by_a_function_that_returns(
    context: Context, function: str, seen: Path
) -> None:
    async with running_functions(context) as functions:
        await deliver(context.aws, functions, function, b'{"failures": 0}')

    assert events_in(seen) == [{"failures": 0}]


async def test_a_function_that_raises_is_tried_two_more_times(
    context: Context, function: str, seen: Path
) -> None:
    async with running_functions(context) as functions:
        await deliver(context.aws, functions, function, b'{"failures": 2}')
        assert len(events_in(seen)) == 3
        await deliver(context.aws, functions, function, b'{"failures": 99}')

    assert len(events_in(seen)) == 6


@pytest.mark.parametrize("retries", [0, 1])
async def test_what_fails_for_good_is_told_to_the_failure_destination(
    cloud: Cloud, context: Context, function: str, seen: Path, retries: int
) -> None:
    failures = bound(cloud, retries=retries)
    async with running_functions(context) as functions:
        await deliver(context.aws, functions, function, b'{"failures": 99}')

    assert len(events_in(seen)) == retries + 1
    [told] = failures()
    assert told["requestContext"]["condition"] == "RetriesExhausted"
    assert told["requestContext"]["approximateInvokeCount"] == retries + 1
    assert told["requestContext"]["functionArn"] == f"{function}:$LATEST"
    assert told["requestPayload"] == {"failures": 99}
    assert told["responsePayload"]["errorMessage"] == "told to fail"
    assert told["responseContext"]["functionError"] == "Unhandled"


async def test_an_event_that_grows_too_old_before_it_could_be_handed_over_is_told_as_such(
    cloud: Cloud, context: Context, function: str, seen: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = bound(cloud, retries=2)
    bounds = await Bounds.of(context.aws, function)
    assert (bounds.retries, bounds.age) == (2, 60)
    monkeypatch.setattr(Bounds, "of", classmethod(lambda *_: _soon(bounds)))
    async with running_functions(context) as functions:

        async def busy(*_: object) -> None:
            raise LocalRuntimeError("all processes are busy")

        monkeypatch.setattr(functions, "invoke", busy)
        await deliver(context.aws, functions, function, b"{}")

    assert events_in(seen) == []
    [told] = failures()
    assert told["requestContext"]["condition"] == "EventAgeExceeded"
    assert told["requestContext"]["approximateInvokeCount"] == 0
    assert "responsePayload" not in told


async def _soon(bounds: Bounds) -> Bounds:
    return Bounds(retries=bounds.retries, age=0, on_failure=bounds.on_failure)

"""Batches of a stream: what is invoked with what, what is retried, split and given up, in which order."""

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from scripts.local.runtime.errors import LocalRuntimeError
from scripts.local.runtime.functions import Invocation
from scripts.local.runtime.mappings import lane as lane_module
from scripts.local.runtime.mappings.failures import Condition
from scripts.local.runtime.mappings.lane import Lane
from scripts.local.runtime.mappings.mapping import Mapping
from scripts.local.runtime.mappings.records import Part, StreamRecord
from tests.waiting import until

MAPPING = {
    "UUID": "1",
    "EventSourceArn": "arn:aws:kinesis:us-east-1:123456789012:stream/positions",
    "FunctionArn": "arn:aws:lambda:us-east-1:123456789012:function:writer",
}
Handler = Callable[[list[str]], Any]


class Run:
    """One lane with a handler in its place: what it was invoked with, what was done and what given up."""

    def __init__(self, handler: Handler, **settings: Any) -> None:
        self.invoked: list[list[str]] = []
        self.done: list[str] = []
        self.given_up: list[tuple[list[str], Condition, int]] = []
        self._handler = handler
        self.lane = Lane(
            Mapping.of({**MAPPING, **settings}), invoke=self._invoke, give_up=self._give_up, done=self._done
        )

    async def until_done(self, records: Sequence[StreamRecord]) -> None:
        """Put the records and run the lane until all are done."""
        for record in records:
            self.lane.put(record)
        task = asyncio.create_task(self.lane.run())
        await until(lambda: len(self.done) == len(records))
        self.lane.stop()
        await task

    async def _invoke(self, records: Sequence[StreamRecord]) -> Invocation:
        batch = [record.event["id"] for record in records]
        self.invoked.append(batch)
        try:
            answer = json.dumps(self._handler(batch)).encode()
        except ValueError as error:
            return Invocation(request_id="r", payload=b"{}", error=str(error))
        return Invocation(request_id="r", payload=answer)

    async def _give_up(self, part: Part, condition: Condition) -> None:
        self.given_up.append(([record.sequence for record in part.records], condition, part.invocations))

    def _done(self, records: Sequence[StreamRecord]) -> None:
        self.done += [record.sequence for record in records]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lane_module, "FIRST_DELAY", 0.001)


def records(names: str, age: float = 0) -> list[StreamRecord]:
    arrival = time.time() - age
    return [StreamRecord(sequence=name, key="k", arrival=arrival, event={"id": name}) for name in names]


def large_records(names: str) -> list[StreamRecord]:
    """Records of which an event takes one."""
    return [
        StreamRecord(sequence=name, key="k", arrival=time.time(), event={"id": name, "data": "x" * 4_000_000})
        for name in names
    ]


def fails_on(bad: str) -> Handler:
    """A handler that raises for a batch with that record."""

    def handler(batch: list[str]) -> None:
        if bad in batch:
            raise ValueError(f"cannot take {bad}")

    return handler


def reports(bad: str) -> Handler:
    """A handler that reports these records as failed."""

    def handler(batch: list[str]) -> Any:
        return {"batchItemFailures": [{"itemIdentifier": one} for one in batch if one in bad]}

    return handler


async def test_batches_are_as_large_as_the_mapping_says_and_in_order() -> None:
    """Process Amazon Kinesis Data Streams records with Lambda: "Batch size - The number of records to send
    to the function in each batch, up to 10,000."
    """
    run = Run(lambda _: None, BatchSize=3)
    await run.until_done(records("abcdefgh"))
    assert run.invoked == [["a", "b", "c"], ["d", "e", "f"], ["g", "h"]]
    assert run.done == list("abcdefgh")


async def test_a_failing_batch_is_tried_again_as_often_as_allowed_and_then_given_up() -> None:
    """Retain discarded batch records for a Kinesis Data Streams event source in Lambda: "If the error
    handling measures fail, Lambda discards the records and continues processing batches from the stream."
    """
    run = Run(fails_on("b"), BatchSize=2, MaximumRetryAttempts=2)
    await run.until_done(records("abcd"))
    assert run.invoked == [["a", "b"]] * 3 + [["c", "d"]]
    assert run.given_up == [(["a", "b"], "RetryAttemptsExhausted", 3)]


async def test_no_batch_passes_one_that_still_fails() -> None:
    """How Lambda processes records from stream and queue-based event sources: "To ensure in-order
    processing, the event source mapping pauses processing for the affected shard until the error is
    resolved."
    """
    attempts = 0

    def recovers(batch: list[str]) -> None:
        nonlocal attempts
        attempts += "a" in batch
        if "a" in batch and attempts < 5:
            raise ValueError

    run = Run(recovers, BatchSize=1)
    await run.until_done(records("ab"))
    assert run.invoked == [["a"]] * 5 + [["b"]], "retries are endless by default"
    assert run.given_up == []


async def test_retries_go_on_for_as_long_as_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lambda parameters for Amazon Kinesis Data Streams event source mappings: "-1 means infinite: failed
    records are retried until the record expires"
    """
    monkeypatch.setattr(lane_module, "LONGEST_DELAY", 0)
    attempts = 0

    def recovers(_: list[str]) -> None:
        nonlocal attempts
        attempts += 1
        if attempts < 1_100:
            raise ValueError

    run = Run(recovers)
    await run.until_done(records("a"))
    assert attempts == 1_100


async def test_bisecting_isolates_the_bad_record_without_using_up_retries() -> None:
    """Retain discarded batch records for a Kinesis Data Streams event source in Lambda:
    "BisectBatchOnFunctionError, which splits a failed batch into two smaller batches, isolating bad records
    and avoiding timeouts. Splitting batches doesn't consume the retry quota."
    """
    run = Run(fails_on("c"), BisectBatchOnFunctionError=True, MaximumRetryAttempts=1)
    await run.until_done(records("abcdefgh"))
    assert run.invoked == [
        list("abcdefgh"),
        list("abcd"),
        list("ab"),
        list("cd"),
        ["c"],
        ["c"],
        ["d"],
        list("efgh"),
    ]
    assert run.given_up == [(["c"], "RetryAttemptsExhausted", 5)]
    assert run.done == list("abcdefgh")


async def test_a_partial_response_goes_on_at_the_first_record_that_failed() -> None:
    """Configuring partial batch response with Kinesis Data Streams and Lambda: "If the batchItemFailures
    array contains multiple items, Lambda uses the record with the lowest sequence number as the checkpoint."
    """
    run = Run(reports("ce"), MaximumRetryAttempts=1, FunctionResponseTypes=["ReportBatchItemFailures"])
    await run.until_done(records("abcdef"))
    assert run.invoked == [list("abcdef"), list("cdef")]
    assert run.given_up == [(list("cdef"), "RetryAttemptsExhausted", 2)]


async def test_a_partial_response_bisects_at_the_record_that_failed() -> None:
    """Configuring partial batch response with Kinesis Data Streams and Lambda: "the batch is bisected at the
    returned sequence number and Lambda retries only the remaining records."
    """
    run = Run(
        reports("c"),
        MaximumRetryAttempts=0,
        BisectBatchOnFunctionError=True,
        FunctionResponseTypes=["ReportBatchItemFailures"],
    )
    await run.until_done(records("abcdef"))
    assert run.invoked == [list("abcdef"), list("cdef"), list("cd"), ["c"], ["d"], list("ef")]
    assert run.given_up == [(["c"], "RetryAttemptsExhausted", 4)]


async def test_a_report_without_its_setting_changes_nothing() -> None:
    """Configuring partial batch response with Kinesis Data Streams and Lambda: "Even when your function code
    returns partial batch failure responses, these responses will not be processed by Lambda unless the
    ReportBatchItemFailures feature is explicitly turned on for your event source mapping."
    """
    run = Run(reports("abc"))
    await run.until_done(records("abc"))
    assert run.invoked == [list("abc")]


async def test_records_older_than_allowed_are_given_up_without_being_invoked() -> None:
    """Process Amazon Kinesis Data Streams records with Lambda: "Maximum age of record - The maximum age of a
    record that Lambda sends to your function."
    """
    run = Run(lambda _: None, MaximumRecordAgeInSeconds=60)
    await run.until_done(records("ab", age=61) + records("cd"))
    assert run.invoked == [list("cd")]
    assert run.given_up == [(list("ab"), "RecordAgeExceeded", 0)]


async def test_a_batch_is_retried_until_it_is_too_old() -> None:
    """Retain discarded batch records for a Kinesis Data Streams event source in Lambda: "If the function is
    invoked but returns an error, Lambda retries until the records expire, exceed the maximum age
    (MaximumRecordAgeInSeconds), or reach the configured retry quota (MaximumRetryAttempts)."
    """
    run = Run(fails_on("a"), MaximumRecordAgeInSeconds=1)
    await run.until_done(records("a"))
    assert len(run.invoked) > 1
    assert run.given_up == [(["a"], "RecordAgeExceeded", len(run.invoked))]


async def test_a_batching_window_gathers_what_comes_in_meanwhile() -> None:
    """How Lambda processes records from Amazon Kinesis Data Streams: "Before invoking the function, Lambda
    continues to read records from the event source until it has gathered a full batch, the batching window
    expires, or the batch reaches the payload limit of 6 MB."
    """
    run = Run(lambda _: None, BatchSize=3, MaximumBatchingWindowInSeconds=300)
    task = asyncio.create_task(run.lane.run())
    for record in records("abc"):
        await asyncio.sleep(0)
        run.lane.put(record)
    await until(lambda: run.done)
    run.lane.stop()
    await task
    assert run.invoked == [list("abc")], "a full batch does not wait for the window"


async def test_a_batch_that_is_not_full_leaves_when_the_window_ends() -> None:
    """How Lambda processes records from stream and queue-based event sources: "Lambda invokes your function
    when one of the following three criteria is met: The batching window reaches its maximum value."
    """
    run = Run(lambda _: None, BatchSize=3, MaximumBatchingWindowInSeconds=1)
    await run.until_done(records("ab"))
    assert run.invoked == [list("ab")]


async def test_a_batch_takes_no_more_than_fits_an_event() -> None:
    """Process Amazon Kinesis Data Streams records with Lambda: "Lambda passes all of the records in the
    batch to the function in a single call, as long as the total size of the events doesn't exceed the
    payload limit for synchronous invocation (6 MB)."
    """
    run = Run(lambda _: None)
    await run.until_done(large_records("abc"))
    assert run.invoked == [["a"], ["b"], ["c"]]


async def test_records_that_fill_an_event_do_not_wait_for_the_window() -> None:
    """How Lambda processes records from stream and queue-based event sources: "In the third scenario, the
    maximum payload size is reached before the batching window expires, so the batching window ends early."
    """
    run = Run(lambda _: None, MaximumBatchingWindowInSeconds=300)
    for record in large_records("ab"):
        run.lane.put(record)
    task = asyncio.create_task(run.lane.run())
    await until(lambda: run.done)
    run.lane.stop()
    await task
    assert run.invoked == [["a"]]


async def test_a_function_that_cannot_be_invoked_uses_up_no_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retain discarded batch records for a Kinesis Data Streams event source in Lambda: "If a Lambda event
    source mapping is unable to invoke the function due to throttling or other issues, it retries until the
    records expire or exceed the maximum age configured on the event source mapping"
    """
    monkeypatch.setattr(lane_module, "LONGEST_DELAY", 0)
    refusals = 3

    def throttled(_: list[str]) -> None:
        nonlocal refusals
        refusals -= 1
        if refusals >= 0:
            raise LocalRuntimeError("throttled")

    run = Run(throttled, MaximumRetryAttempts=0)
    await run.until_done(records("a"))
    assert run.invoked == [["a"]] * 4
    assert run.given_up == []

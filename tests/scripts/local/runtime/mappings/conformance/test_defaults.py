"""Mappings that say nothing: the defaults that Lambda documents."""

from typing import Any

from scripts.local.runtime.mappings.mapping import Mapping

FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:mail"


def mapping(source: str) -> Mapping:
    item: dict[str, Any] = {"UUID": "1", "EventSourceArn": source, "FunctionArn": FUNCTION}
    return Mapping.of(item)


def test_the_mapping_of_a_queue_that_says_nothing_has_lambdas_defaults() -> None:
    """Lambda parameters for Amazon SQS event source mappings: "BatchSize: 10. Enabled: true.
    MaximumBatchingWindowInSeconds: 0. FunctionResponseTypes, ScalingConfig: N/A"
    """
    queue = mapping("arn:aws:sqs:eu-west-1:123456789012:orders")
    assert (queue.batch_size, queue.enabled, queue.window) == (10, True, 0)
    assert (queue.reports_failures, queue.maximum_concurrency) == (False, None)


def test_the_mapping_of_a_stream_that_says_nothing_has_lambdas_defaults() -> None:
    """Lambda parameters for Amazon Kinesis Data Streams event source mappings: "BatchSize: 100.
    BisectBatchOnFunctionError: false. DestinationConfig: N/A. Enabled: true. MaximumBatchingWindowInSeconds:
    0. MaximumRecordAgeInSeconds: -1. MaximumRetryAttempts: -1. ParallelizationFactor: 1"
    """
    stream = mapping("arn:aws:kinesis:eu-west-1:123456789012:stream/positions")
    assert (stream.batch_size, stream.bisects, stream.failure_destination) == (100, False, None)
    assert (stream.enabled, stream.window) == (True, 0)
    assert (stream.maximum_age, stream.maximum_retries, stream.parallelization) == (-1, -1, 1)

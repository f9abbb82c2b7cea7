"""An event source mapping, as Lambda's API describes it."""

import datetime
from collections.abc import Mapping as Dictionary
from dataclasses import dataclass
from typing import Any, Self

from scripts.local.runtime.errors import LocalRuntimeError
from scripts.local.runtime.mappings.filters import Filters

# Lambda API, CreateEventSourceMapping, BatchSize: "Amazon Kinesis: Default 100", "Amazon SQS: Default 10".
DEFAULT_BATCH_SIZE = {"kinesis": 100, "sqs": 10}
FILTER_KEY = {"kinesis": "data", "sqs": "body"}
OFF = {"Disabling", "Disabled", "Deleting"}


@dataclass(frozen=True, kw_only=True)
class Mapping:
    """A mapping from the queue or stream `source` to the function `function`, both ARNs.

    Times are in seconds; -1 retries and ages are infinite; `at` is where a mapping starts that starts at a
    time. What its source does not know has the value that changes nothing.
    """

    id: str
    source: str
    function: str
    enabled: bool
    batch_size: int
    window: float
    filters: Filters
    reports_failures: bool
    maximum_concurrency: int | None
    starting_position: str
    at: datetime.datetime | None
    parallelization: int
    maximum_retries: int
    maximum_age: int
    bisects: bool
    failure_destination: str | None

    @property
    def service(self) -> str:
        """The kind of event source: "sqs" or "kinesis"."""
        return self.source.split(":")[2]

    @property
    def region(self) -> str:
        """The region of the event source."""
        return self.source.split(":")[3]

    @property
    def source_name(self) -> str:
        """The name of the queue or stream."""
        return self.source.split(":")[5].removeprefix("stream/").partition("/")[0]

    @classmethod
    def of(cls, item: Dictionary[str, Any]) -> Self:
        """Read one item of `ListEventSourceMappings`.

        Raises `LocalRuntimeError` for event sources that are not polled here, and for tumbling windows.
        """
        source = item.get("EventSourceArn", "")
        service = source.split(":")[2] if source else "self-managed"
        if service not in DEFAULT_BATCH_SIZE:
            raise LocalRuntimeError(
                f"Event source mapping {item['UUID']} polls {source or 'a self-managed source'}: this machine"
                f" only polls {' and '.join(DEFAULT_BATCH_SIZE)}. Disable the mapping, or leave it out."
            )
        if item.get("TumblingWindowInSeconds"):
            raise LocalRuntimeError(
                f"Event source mapping {item['UUID']} ({source}) has a tumbling window, whose state this"
                " machine does not keep between invocations. Leave TumblingWindowInSeconds out."
            )
        scaling, destinations = item.get("ScalingConfig") or {}, item.get("DestinationConfig") or {}
        retries, age = item.get("MaximumRetryAttempts"), item.get("MaximumRecordAgeInSeconds")
        return cls(
            id=item["UUID"],
            source=source,
            function=item["FunctionArn"],
            enabled=item.get("State") not in OFF,
            batch_size=item.get("BatchSize") or DEFAULT_BATCH_SIZE[service],
            window=item.get("MaximumBatchingWindowInSeconds") or 0,
            filters=Filters.of(item.get("FilterCriteria"), FILTER_KEY[service]),
            reports_failures="ReportBatchItemFailures" in (item.get("FunctionResponseTypes") or []),
            maximum_concurrency=scaling.get("MaximumConcurrency"),
            starting_position=item.get("StartingPosition") or "TRIM_HORIZON",
            at=item.get("StartingPositionTimestamp"),
            parallelization=item.get("ParallelizationFactor") or 1,
            maximum_retries=-1 if retries is None else retries,
            maximum_age=-1 if age is None else age,
            bisects=bool(item.get("BisectBatchOnFunctionError")),
            failure_destination=(destinations.get("OnFailure") or {}).get("Destination"),
        )

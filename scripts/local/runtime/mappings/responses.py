"""What a function's answer to a batch says of its items."""

import json
from collections.abc import Sequence


def failed_items(payload: bytes, items: Sequence[str]) -> set[str]:
    """Return the identifiers of the items that failed, for a mapping with `ReportBatchItemFailures`.

    `payload` is what the function returned, `items` are the identifiers of the batch: message ids for SQS,
    sequence numbers for Kinesis. From the Lambda developer guide, "Implementing partial batch responses":
    an empty or null `batchItemFailures` list and an empty or null response are a complete success; an invalid
    JSON response, an empty or null `itemIdentifier`, one with a bad key name, and one that does not exist in
    the batch are a complete failure.
    """
    everything = set(items)
    try:
        response = json.loads(payload) if payload else None
    except ValueError:
        return everything
    if not response:
        return set()
    if not isinstance(response, dict):
        return everything
    failures = response.get("batchItemFailures") or []
    try:
        failed = {failure["itemIdentifier"] for failure in failures}
    except (TypeError, LookupError):
        return everything
    return failed if failed.issubset(everything) else everything

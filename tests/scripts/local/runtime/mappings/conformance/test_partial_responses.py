"""Partial batch responses: the developer guide's "Success and failure conditions", one by one."""

import json
from typing import Any

import pytest

from scripts.local.runtime.mappings.responses import failed_items

ITEMS = ["1", "2", "3"]


@pytest.mark.parametrize(
    "response", ["", [], None, {}, {"batchItemFailures": []}, {"batchItemFailures": None}, {"other": 1}]
)
def test_a_response_without_failures_is_a_complete_success(response: Any) -> None:
    """Configuring partial batch response with Kinesis Data Streams and Lambda: "Lambda treats a batch as a
    complete success if you return any of the following: An empty batchItemFailure list, A null
    batchItemFailure list, An empty EventResponse, A null EventResponse"
    """
    assert failed_items(json.dumps(response).encode(), ITEMS) == set()
    assert failed_items(b"", ITEMS) == set()


def test_reported_items_failed_and_the_others_succeeded() -> None:
    """Handling errors for an SQS event source in Lambda: "This lets your function return a partial success,
    which can help reduce the number of unnecessary retries on records."
    """
    response = {"batchItemFailures": [{"itemIdentifier": "3"}, {"itemIdentifier": "1"}]}
    assert failed_items(json.dumps(response).encode(), ITEMS) == {"1", "3"}


@pytest.mark.parametrize(
    "failure",
    [
        {"itemIdentifier": ""},
        {"itemIdentifier": None},
        {"itemIdentifier": 2},
        {"itemIdentifier": "4"},
        {"itemIdentifier": ["1"]},
        {"messageId": "1"},
        "1",
        None,
    ],
)
def test_a_malformed_or_unknown_item_is_a_complete_failure(failure: Any) -> None:
    """Handling errors for an SQS event source in Lambda: "Lambda treats a batch as a complete failure if
    your function returns any of the following: An empty string itemIdentifier, A null itemIdentifier, An
    itemIdentifier with a bad key name, An itemIdentifier value with a message ID that doesn't exist"
    """
    response = {"batchItemFailures": [{"itemIdentifier": "1"}, failure]}
    assert failed_items(json.dumps(response).encode(), ITEMS) == set(ITEMS)


@pytest.mark.parametrize("payload", [b"no JSON", b'"done"', b"[1]", b'{"batchItemFailures": 5}'])
def test_an_answer_that_is_no_such_response_is_a_complete_failure(payload: bytes) -> None:
    """Handling errors for an SQS event source in Lambda: "Lambda treats a batch as a complete failure if
    your function returns any of the following: An invalid JSON response"
    """
    assert failed_items(payload, ITEMS) == set(ITEMS)

"""The table of sales: windows, and beside them the events that are counted already.

**Once each.** One transaction adds what events come to and puts a marker for each of them, on condition that
there is none: both happen, or neither. A guard by shard and sequence number, as in the state of a tumbling
window, would cost less and would not do: resharding, a replay from the failure destination and Kafka bring an
event under another number, and a tumbling window goes by when a record arrived.

**Together.** A transaction takes as many events as its 100 items allow, and adds up first what they say of
the same window: in a rush, a best-seller's window is written once for dozens of orders.
"""

import random
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from lambdas.sales_aggregator.sales import Sale, Window, totals

MOST_ITEMS = 100  # Amazon DynamoDB API Reference, TransactWriteItems
# A failure destination keeps what was given up for 14 days; whoever replays it then must find the marker.
MARKED = timedelta(days=30)
TRIES = 6  # of a transaction that meets those of other shards at the same windows
PAUSE = 0.05  # seconds before the second try at most; doubled by each
MARKER = "counted"  # the sort key of a marker; no window is called so
COUNTED = "ConditionalCheckFailed"  # of a marker that is there


class BusyError(Exception):
    """Others keep writing to the same windows: the records are to come again."""


class Sales:
    """The table, by its name; its key is `product_id` and `window`, and `expires_at` ends an item's life."""

    def __init__(self, dynamodb: Any, table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def add(self, sales: Sequence[Sale]) -> int:
        """Count sales, each once however often it is added; return how many parts of them were new.

        Raises:
            BusyError: other writers were in the way too often; some sales may be counted by then.
            botocore.exceptions.ClientError: DynamoDB refuses, or asks to slow down.
        """
        parts = {part.id: part for sale in sales for part in sale.parts()}
        return sum(self._add_together(group) for group in packed(list(parts.values())))

    def _add_together(self, parts: Sequence[Sale]) -> int:
        left, reasons = list(parts), [""]
        for attempt in range(TRIES):
            if not left:
                return 0
            try:
                self._dynamodb.transact_write_items(TransactItems=self._items(left))
            except self._dynamodb.exceptions.TransactionCanceledException as error:
                reasons = [reason["Code"] for reason in error.response["CancellationReasons"]]
                counted = [code == COUNTED for code in reasons[: len(left)]]  # the markers come first
                left = [part for part, is_counted in zip(left, counted, strict=True) if not is_counted]
                if not any(counted):
                    time.sleep(random.uniform(0, PAUSE * 2**attempt))  # noqa: S311 - spreads load
            else:
                return len(left)
        raise BusyError(f"sales could not be counted in {TRIES} tries: {', '.join(sorted(set(reasons)))}")

    def _items(self, parts: Sequence[Sale]) -> list[dict[str, Any]]:
        """Return the transaction: a marker for each part, and then the additions."""
        expires_at = int((datetime.now(UTC) + MARKED).timestamp())
        markers = [
            {
                "Put": {
                    "TableName": self._table,
                    "Item": {
                        "product_id": {"S": f"event#{part.id}"},
                        "window": {"S": MARKER},
                        "expires_at": {"N": str(expires_at)},
                    },
                    "ConditionExpression": "attribute_not_exists(product_id)",
                }
            }
            for part in parts
        ]
        pieces, revenue = totals(parts)
        return markers + [self._addition(window, pieces[window], revenue[window]) for window in pieces]

    def _addition(self, window: Window, pieces: int, revenue: int) -> dict[str, Any]:
        return {
            "Update": {
                "TableName": self._table,
                "Key": {"product_id": {"S": window.product_id}, "window": {"S": window.name}},
                "UpdateExpression": "ADD pieces :pieces, revenue_minor :revenue "
                "SET currency = :currency, expires_at = :expires_at",
                "ExpressionAttributeValues": {
                    ":pieces": {"N": str(pieces)},
                    ":revenue": {"N": str(revenue)},
                    ":currency": {"S": window.currency},
                    ":expires_at": {"N": str(window.expires_at)},
                },
            }
        }


def packed(parts: Sequence[Sale]) -> Iterator[list[Sale]]:
    """Group what is counted at once, in order, into as much as one transaction takes."""
    group: list[Sale] = []
    windows: set[Window] = set()
    for part in parts:
        own = {window for window, _ in part.counts()}
        if group and len(group) + 1 + len(windows | own) > MOST_ITEMS:
            yield group
            group, windows = [], set()
        group.append(part)
        windows |= own
    if group:
        yield group

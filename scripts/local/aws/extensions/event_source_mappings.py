"""Lambda: mappings are stored and listed, never run. The local runtime owns them.

Needed for moto 5.2.5, which runs them itself inside SendMessage, PutRecord and writes to DynamoDB tables:
without Docker a message is silently deleted, with it a failing function raises the receive count. moto keeps
the mappings of a queue, stream or table in its `lambda_event_source_mappings`: here that stays empty.
"""

from typing import Any

from moto.dynamodb.models.table import Table
from moto.kinesis.models import Stream
from moto.sqs.models import Queue


class NoMappings(dict[str, Any]):
    """A dictionary that takes anything and holds nothing."""

    def __setitem__(self, key: str, value: Any) -> None:
        """Drop the mapping; Lambda's own list still has it."""


class Ignored:
    """An attribute that is always without mappings, whatever is assigned to it."""

    def __get__(self, instance: object, owner: type) -> NoMappings:
        """Return no mappings."""
        return NoMappings()

    def __set__(self, instance: object, value: object) -> None:
        """Drop what the source's constructor assigns."""


def install() -> None:
    """Take the mappings away from everything that would run them."""
    for source in (Queue, Stream, Table):
        source.lambda_event_source_mappings = Ignored()  # type: ignore[assignment]

"""Batches of streams, for the functions that consume them; each names this package in its `bundle.toml`.

The same for Kinesis and for Kafka (Amazon MSK): what is a shard there is a partition here, and a sequence
number is an offset.
"""

from lambdas.streams.batch import Answer, Batch
from lambdas.streams.records import Record

__all__ = ["Answer", "Batch", "Record"]

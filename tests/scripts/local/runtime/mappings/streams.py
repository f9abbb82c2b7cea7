"""A stream that a mapping can have as its source."""

import uuid
from collections.abc import Iterable
from typing import Any

from tests.scripts.local.runtime.functions.cloud import Cloud


class Stream:
    """A stream of the local AWS."""

    def __init__(self, cloud: Cloud, shards: int = 1) -> None:
        self._kinesis = cloud.client("kinesis")
        self.name = f"positions-{uuid.uuid4().hex[:8]}"
        self._kinesis.create_stream(StreamName=self.name, ShardCount=shards)
        description = self._kinesis.describe_stream_summary(StreamName=self.name)
        self.arn = description["StreamDescriptionSummary"]["StreamARN"]

    def put(self, texts: Iterable[str], key: str = "courier") -> list[dict[str, Any]]:
        """Put records in this order and return where they went."""
        records = [{"Data": text.encode(), "PartitionKey": key} for text in texts]
        answer = self._kinesis.put_records(StreamName=self.name, Records=records)
        return list(answer["Records"])

    def split(self) -> None:
        """Split the first shard in the middle of its keys."""
        first = self._kinesis.list_shards(StreamName=self.name)["Shards"][0]
        self._kinesis.split_shard(
            StreamName=self.name, ShardToSplit=first["ShardId"], NewStartingHashKey=str(2**127)
        )

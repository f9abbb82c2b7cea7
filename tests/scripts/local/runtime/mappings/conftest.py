"""One local AWS for all tests of pollers; each test finds it without functions and mappings."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scripts.local.runtime.mappings import queue_poller, shard, stream_poller
from tests.scripts.local.runtime.functions.cloud import Cloud
from tests.scripts.local.runtime.functions.conftest import cloud, context
from tests.scripts.local.runtime.mappings.consumer import Consumer
from tests.scripts.local.runtime.mappings.queues import Queue
from tests.scripts.local.runtime.mappings.streams import Stream

__all__ = ["cloud", "context"]

Connect = Callable[..., str]


@pytest.fixture(autouse=True)
def _short_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have pollers look more often, and notice sooner that they are to stop."""
    monkeypatch.setattr(queue_poller, "LONG_POLL", 1)
    monkeypatch.setattr(shard, "POLL_INTERVAL", 0.05)
    monkeypatch.setattr(stream_poller, "SHARDS_INTERVAL", 0.2)


@pytest.fixture
def consumer(cloud: Cloud, tmp_path: Path) -> Consumer:
    return Consumer(cloud, tmp_path)


@pytest.fixture
def connect(cloud: Cloud) -> Connect:
    """Map a queue or a stream to a function and return the mapping's id."""

    def connect(source: Queue | Stream, consumer: Consumer, **settings: Any) -> str:
        start = {"StartingPosition": "TRIM_HORIZON"} if isinstance(source, Stream) else {}
        mapping = cloud.client("lambda").create_event_source_mapping(
            EventSourceArn=source.arn, FunctionName=consumer.name, **{**start, **settings}
        )
        return str(mapping["UUID"])

    return connect

"""Redis is the real one, with real replicas."""

from pathlib import Path

import pytest
import redis as client

from scripts.local.runtime.errors import LocalRuntimeError
from scripts.local.runtime.servers import redis
from tests.waiting import wait_until


def test_what_is_set_on_the_primary_appears_on_its_replica_which_refuses_writes(tmp_path: Path) -> None:
    first, second = tmp_path / "primary", tmp_path / "replica"
    first.mkdir()
    second.mkdir()
    with (
        redis.running(first) as primary,
        redis.running(second, primary) as replica,
        client.Redis.from_url(primary.url) as writer,
        client.Redis.from_url(replica.url) as reader,
    ):
        writer.set("product:1", "kettle")
        wait_until(lambda: reader.get("product:1") == b"kettle")
        with pytest.raises(client.ReadOnlyError):
            reader.set("product:1", "pan")
    assert not redis.ping(primary.port)


def test_a_machine_without_redis_gets_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(redis, "WHEEL", "no_such_package")
    with pytest.raises(LocalRuntimeError, match="No Redis: neither redis-server nor valkey-server"):
        redis.find()

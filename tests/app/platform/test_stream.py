"""Putting records on a stream, which takes some of them and refuses others."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Any

import pytest
from botocore.exceptions import ClientError

from app.platform import stream
from app.platform.aws import Aws
from app.platform.problems import UnavailableError
from app.platform.stream import Producer
from tests.app.shop import client
from tests.waiting import PATIENCE, until_async

Refuse = Callable[[str], bool]
THROTTLED = {
    "ErrorCode": "ProvisionedThroughputExceededException",
    "ErrorMessage": "Rate exceeded for shard shardId-000000000000",
}


class Shard(Aws):
    """The local AWS, whose stream refuses what it is told to: of those records nothing arrives."""

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[list[str]] = []
        self.refuse: Refuse = lambda _: False
        self.gate = asyncio.Event()
        self.gate.set()

    async def call(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        entries: Sequence[dict[str, Any]] = parameters["Records"]
        self.requests.append([entry["Data"].decode() for entry in entries])
        await self.gate.wait()
        refused = [self.refuse(entry["Data"].decode()) for entry in entries]
        taken = [entry for entry, is_refused in zip(entries, refused, strict=True) if not is_refused]
        answers: Iterator[Any] = iter(())
        if taken:
            answer = await super().call(service, operation, **parameters | {"Records": taken})
            answers = iter(answer["Records"])
        return {"Records": [THROTTLED if is_refused else next(answers) for is_refused in refused]}


@pytest.fixture
def shard(variables: dict[str, str]) -> Iterator[Shard]:
    with Shard() as found:
        yield found


@pytest.fixture
async def producer(shard: Shard, variables: dict[str, str]) -> AsyncIterator[Producer]:
    """A producer on the test's own stream."""
    found = Producer(shard, variables["POSITIONS_STREAM"])
    async with found.open():
        yield found


def arrived(variables: dict[str, str]) -> list[str]:
    """Return what the stream holds, in its order."""
    kinesis = client(variables, "kinesis")
    place = {"StreamName": variables["POSITIONS_STREAM"], "ShardIteratorType": "TRIM_HORIZON"}
    iterator = kinesis.get_shard_iterator(**place, ShardId="shardId-000000000000")["ShardIterator"]
    return [record["Data"].decode() for record in kinesis.get_records(ShardIterator=iterator)["Records"]]


async def put_all(producer: Producer, *records: tuple[str, str]) -> list[BaseException | None]:
    puts = (producer.put(key, data.encode()) for key, data in records)
    return await asyncio.gather(*puts, return_exceptions=True)


async def test_a_record_that_was_put_is_on_the_stream(producer: Producer, variables: dict[str, str]) -> None:
    await producer.put("c-1", b"1")

    assert arrived(variables) == ["1"]


async def test_what_many_callers_put_at_once_goes_in_full_requests(
    producer: Producer, shard: Shard, variables: dict[str, str]
) -> None:
    records = [(f"c-{number}", str(number)) for number in range(1200)]

    assert set(await put_all(producer, *records)) == {None}

    assert [len(request) for request in shard.requests] == [500, 500, 200]
    assert sorted(arrived(variables), key=int) == [data for _, data in records]


async def test_requests_are_full_by_bytes_too(
    producer: Producer, shard: Shard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "BATCH_BYTES", 100)
    await put_all(producer, *((f"c-{number}", "x" * 40) for number in range(5)))

    assert [len(request) for request in shard.requests] == [2, 2, 1]


async def test_only_what_was_refused_is_sent_again(
    producer: Producer, shard: Shard, variables: dict[str, str]
) -> None:
    seen: Counter[str] = Counter()

    def twice_the_odd_ones(data: str) -> bool:
        seen[data] += 1
        return int(data) % 2 == 1 and seen[data] <= 2

    shard.refuse = twice_the_odd_ones
    records = [(f"c-{number}", str(number)) for number in range(10)]

    assert set(await put_all(producer, *records)) == {None}

    sent = Counter(data for request in shard.requests for data in request)
    assert sent == {str(number): 3 if number % 2 else 1 for number in range(10)}
    assert sorted(arrived(variables), key=int) == [data for _, data in records]


async def test_records_of_a_key_arrive_in_order_whatever_is_refused(
    producer: Producer, shard: Shard, variables: dict[str, str]
) -> None:
    seen: Counter[str] = Counter()

    def first_time(data: str) -> bool:
        seen[data] += 1
        return seen[data] == 1 and int(data.partition(":")[2]) % 3 == 0

    shard.refuse = first_time
    records = [(f"c-{key}", f"{key}:{number}") for number in range(8) for key in range(5)]

    assert set(await put_all(producer, *records)) == {None}

    for key in range(5):
        own = [data for data in arrived(variables) if data.startswith(f"{key}:")]
        assert own == [f"{key}:{number}" for number in range(8)]


async def test_a_key_that_is_refused_holds_up_no_other(producer: Producer, shard: Shard) -> None:
    shard.refuse = lambda data: data == "hot"
    hot = asyncio.create_task(producer.put("hot", b"hot"))

    assert await put_all(producer, *((f"c-{number}", str(number)) for number in range(3))) == [None] * 3

    assert not hot.done()
    shard.refuse = lambda _: False
    await hot


async def test_who_waits_too_long_is_told_to_come_again_and_nothing_of_it_is_kept(
    producer: Producer, shard: Shard, variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shard.refuse = lambda _: True
    monkeypatch.setattr(stream, "PATIENCE", 0.2)

    with pytest.raises(UnavailableError, match="takes no more") as raised:
        await producer.put("c-1", b"1")
    assert raised.value.headers == {"retry-after": "1"}

    monkeypatch.setattr(stream, "PATIENCE", PATIENCE)
    shard.refuse = lambda _: False
    await producer.put("c-1", b"2")
    assert arrived(variables) == ["2"]


async def test_while_the_buffer_is_full_callers_wait_and_the_first_comes_first(
    shard: Shard, variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "HELD_RECORDS", 3)
    producer = Producer(shard, variables["POSITIONS_STREAM"])
    shard.gate.clear()
    puts = [asyncio.create_task(producer.put(f"c-{number}", str(number).encode())) for number in range(6)]

    async def is_sent() -> bool:
        return bool(shard.requests)

    await until_async(is_sent)
    assert shard.requests == [["0", "1", "2"]]
    assert not any(put.done() for put in puts), "nothing is acknowledged before the stream has it"
    shard.gate.set()
    await asyncio.gather(*puts)

    assert [data for request in shard.requests for data in request] == list("012345")


async def test_while_the_buffer_is_full_callers_are_told_to_come_again(
    shard: Shard, variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "HELD_BYTES", 10)
    monkeypatch.setattr(stream, "PATIENCE", 0.2)
    producer = Producer(shard, variables["POSITIONS_STREAM"])
    shard.refuse = lambda _: True

    answers = await put_all(producer, *((f"c-{number}", "x" * 5) for number in range(4)))

    assert [type(answer) for answer in answers] == [UnavailableError] * 4
    assert {data for request in shard.requests for data in request} == {"xxxxx"}
    assert max(len(request) for request in shard.requests) == 1
    monkeypatch.setattr(stream, "PATIENCE", PATIENCE)
    shard.refuse = lambda _: False
    await producer.put("c-9", b"9")
    assert arrived(variables) == ["9"]


async def test_a_caller_that_leaves_takes_its_record_along(producer: Producer, shard: Shard) -> None:
    shard.gate.clear()
    first = asyncio.create_task(producer.put("c-1", b"1"))

    async def is_sent() -> bool:
        return bool(shard.requests)

    await until_async(is_sent)
    second, third = (asyncio.create_task(producer.put("c-1", data)) for data in (b"2", b"3"))
    await asyncio.sleep(0)
    second.cancel()
    shard.gate.set()
    await asyncio.gather(first, third)

    assert shard.requests == [["1"], ["3"]]


async def test_when_it_ends_what_is_held_is_seen_off_and_nothing_new_is_taken(
    shard: Shard, variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "AGE", PATIENCE)
    seen: Counter[str] = Counter()

    def first_time(data: str) -> bool:
        seen[data] += 1
        return seen[data] == 1

    shard.refuse = first_time
    producer = Producer(shard, variables["POSITIONS_STREAM"])
    async with producer.open():
        puts = [asyncio.create_task(producer.put("c-1", data)) for data in (b"1", b"2")]
        await asyncio.sleep(0)
        monkeypatch.setattr(stream, "AGE", 0.01)

    assert arrived(variables) == ["1", "2"]
    assert await asyncio.gather(*puts) == [None, None]
    with pytest.raises(UnavailableError, match="ending"):
        await producer.put("c-1", b"3")


async def test_a_stream_that_is_not_there_is_every_callers_error(shard: Shard) -> None:
    producer = Producer(shard, "missing")

    answers = await put_all(producer, ("c-1", "1"), ("c-1", "2"), ("c-2", "3"))

    assert [type(answer).__name__ for answer in answers] == ["ResourceNotFoundException"] * 3
    assert all(isinstance(answer, ClientError) for answer in answers)


async def test_a_record_that_no_stream_takes_is_refused_before_it_meets_others(producer: Producer) -> None:
    with pytest.raises(ValueError, match="and 1048576 are the most"):
        await producer.put("c-1", b"x" * 1024 * 1024)

"""Moving messages back loses none, whatever goes wrong meanwhile, and keeps to its rate."""

import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from lambdas.dead_letter_handler.description import StreamRange
from scripts.queues.errors import QueuesError
from scripts.queues.overview import chosen, queues
from scripts.queues.pace import Pace
from scripts.queues.redrive import Outcome, Redrive
from scripts.queues.streams import replay
from scripts.reach import Reach
from tests.scripts.queues.conftest import Pair

FAST = 1_000.0


class Stopped(BaseException):
    """The end of the process."""


@pytest.fixture
def reach(client: Callable[[str], Any]) -> Reach:
    return Reach(boto3.session.Session(), None, "here")


def redrive(reach: Reach, name: str) -> Redrive:
    return Redrive(reach, *chosen(queues(reach), name), Pace(FAST))


def patched(reach: Reach, monkeypatch: pytest.MonkeyPatch, call: str, instead: Callable[..., Any]) -> None:
    monkeypatch.setattr(reach.client("sqs"), call, instead)


@pytest.mark.parametrize("call", ["send_message", "delete_message"])
def test_who_is_stopped_between_two_steps_has_lost_nothing(
    pair: Pair, reach: Reach, call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = {pair.bury("1"), pair.bury("2")}

    def stop(**_: object) -> None:
        raise Stopped

    with monkeypatch.context() as stopping:
        patched(reach, stopping, call, stop)
        with pytest.raises(Stopped):
            redrive(reach, pair.name).move(ids)
    left, sent = pair.bodies(pair.dead), pair.bodies(pair.url)

    assert sorted(left) == ["1", "2"]
    assert len(sent) == (call == "delete_message")


def test_what_cannot_be_sent_is_left_with_the_reason_and_the_others_are_moved(
    pair: Pair, reach: Reach, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = pair.bury("bad"), pair.bury("good")
    send = reach.client("sqs").send_message

    def refuse(**parameters: Any) -> Any:
        if parameters["MessageBody"] == "bad":
            raise ClientError({"Error": {"Code": "InvalidMessageContents", "Message": "no"}}, "SendMessage")
        return send(**parameters)

    patched(reach, monkeypatch, "send_message", refuse)
    outcome = redrive(reach, pair.name).move({bad, good})

    assert outcome.moved == [good]
    assert "InvalidMessageContents" in outcome.left[bad]
    assert pair.bodies(pair.dead) == ["bad"]


def test_only_what_was_shown_is_moved(pair: Pair, reach: Reach) -> None:
    shown = pair.bury("shown")
    pair.bury("came later")

    outcome = redrive(reach, pair.name).move({shown, "somebody took it"})

    assert outcome.moved == [shown]
    assert outcome.left.keys() == {"somebody took it"}
    assert pair.bodies(pair.dead) == ["came later"]


def test_steps_keep_to_their_rate_and_are_spread_evenly() -> None:
    now, starts = [100.0], []

    def sleep(seconds: float) -> None:
        now[0] += seconds

    pace = Pace(4, clock=lambda: now[0], sleep=sleep)
    for _ in range(9):
        pace.step()
        starts.append(now[0])
    now[0] += 60  # idle time is not made up for
    pace.step()
    pace.step()

    assert starts == [100 + number / 4 for number in range(9)]
    assert now[0] == starts[-1] + 60 + 0.25


class Stream:
    """A stream of one shard, and a queue for what its consumer gives up."""

    def __init__(self, client: Callable[[str], Any]) -> None:
        self.kinesis, self.sqs = client("kinesis"), client("sqs")
        self.name = f"stream-{uuid.uuid4().hex[:8]}"
        self.kinesis.create_stream(StreamName=self.name, ShardCount=1)
        told = self.kinesis.describe_stream(StreamName=self.name)["StreamDescription"]
        self.arn, self.shard = told["StreamARN"], told["Shards"][0]["ShardId"]
        self.queue = f"{self.name}-failures"
        self.url = self.sqs.create_queue(QueueName=self.queue)["QueueUrl"]

    def put(self, *bodies: str) -> list[str]:
        """Put records and return their sequence numbers."""
        return [
            self.kinesis.put_record(StreamName=self.name, Data=body.encode(), PartitionKey=f"key-{body}")[
                "SequenceNumber"
            ]
            for body in bodies
        ]

    def given_up(self, first: str, last: str, count: int) -> StreamRange:
        return StreamRange(stream_arn=self.arn, shard=self.shard, first=first, last=last, count=count)

    def fail(self, given_up: StreamRange) -> str:
        """Have the queue told of records that were given up; return the message's id."""
        batch = {
            "streamArn": given_up.stream_arn,
            "shardId": given_up.shard,
            "startSequenceNumber": given_up.first,
            "endSequenceNumber": given_up.last,
            "batchSize": given_up.count,
        }
        body = json.dumps({"KinesisBatchInfo": batch, "requestContext": {"condition": "RecordAgeExceeded"}})
        return str(self.sqs.send_message(QueueUrl=self.url, MessageBody=body)["MessageId"])

    def records(self) -> list[tuple[str, str]]:
        """All records by key and body."""
        iterator = self.kinesis.get_shard_iterator(
            StreamName=self.name, ShardId=self.shard, ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        found = self.kinesis.get_records(ShardIterator=iterator)["Records"]
        return [(record["PartitionKey"], record["Data"].decode()) for record in found]


@pytest.fixture
def stream(client: Callable[[str], Any]) -> Iterator[Stream]:
    made = Stream(client)
    yield made
    made.kinesis.delete_stream(StreamName=made.name)
    made.sqs.delete_queue(QueueUrl=made.url)


def test_records_that_were_given_up_are_put_again_under_their_keys_and_the_queue_forgets_them(
    stream: Stream, reach: Reach
) -> None:
    numbers = stream.put("1", "2", "3", "4")
    message_id = stream.fail(stream.given_up(numbers[1], numbers[2], 2))

    outcome = redrive(reach, stream.queue).move({message_id})

    assert outcome == Outcome(moved=[message_id], left={}, records=2)
    assert [body for _, body in stream.records()] == ["1", "2", "3", "4", "2", "3"]
    assert {key for key, body in stream.records() if body == "2"} == {"key-2"}
    assert "Messages" not in stream.sqs.receive_message(QueueUrl=stream.url)


def test_records_that_are_not_all_there_any_more_are_left_and_the_reason_is_said(
    stream: Stream, reach: Reach
) -> None:
    numbers = stream.put("1", "2")
    message_id = stream.fail(stream.given_up(numbers[0], numbers[1], 5))

    outcome = redrive(reach, stream.queue).move({message_id})

    assert outcome.moved == []
    assert outcome.left[message_id].startswith(f"of 5 records in {stream.shard}, 2 are still in the stream")
    assert len(stream.records()) == 2
    assert len(stream.sqs.receive_message(QueueUrl=stream.url)["Messages"]) == 1


def test_records_that_a_busy_stream_refuses_are_put_again_alone(stream: Stream) -> None:
    numbers = stream.put("1", "2", "3")
    busy = Busy(stream.kinesis, refuses=2)

    assert replay(busy, stream.given_up(numbers[0], numbers[2], 3), Pace(FAST)) == 3

    assert busy.sizes == [3, 1, 1]
    assert sorted(body for _, body in stream.records()[3:]) == ["1", "2", "3"]


def test_a_stream_that_stays_busy_ends_it(stream: Stream) -> None:
    numbers = stream.put("1")
    busy = Busy(stream.kinesis, refuses=1_000)
    with pytest.raises(QueuesError, match="refuses 1 records"):
        replay(busy, stream.given_up(numbers[0], numbers[0], 1), Pace(1e9))


class Busy:
    """A client of Kinesis that refuses the last record of some calls."""

    def __init__(self, kinesis: Any, refuses: int) -> None:
        self._kinesis = kinesis
        self._refuses = refuses
        self.sizes: list[int] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._kinesis, name)

    def put_records(self, *, StreamName: str, Records: list[Any]) -> dict[str, Any]:  # noqa: N803 - as boto3
        self.sizes.append(len(Records))
        refused = {"ErrorCode": "ProvisionedThroughputExceededException", "ErrorMessage": "slow down"}
        if self._refuses == 0:
            answer: dict[str, Any] = self._kinesis.put_records(StreamName=StreamName, Records=Records)
            return answer
        self._refuses -= 1
        done = []
        if Records[:-1]:
            done = self._kinesis.put_records(StreamName=StreamName, Records=Records[:-1])["Records"]
        return {"FailedRecordCount": 1, "Records": [*done, refused]}


def test_a_message_that_nobody_knows_the_origin_of_stays(stream: Stream, reach: Reach) -> None:
    sent = stream.sqs.send_message(QueueUrl=stream.url, MessageBody="{}")["MessageId"]

    outcome = redrive(reach, stream.queue).move({sent})

    assert outcome.left == {sent: "nobody knows where a message of kind 'message' came from"}

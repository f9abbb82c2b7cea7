"""`blueprint queues` on queues of a local AWS."""

import json
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from scripts.local.ledger import Entry, Ledger, start_time
from scripts.queues.errors import QueuesError
from scripts.reach import CHOSEN_BY
from tests.lambdas.aws_events import order_placed
from tests.scripts.command import Command
from tests.scripts.queues.conftest import Pair

ORDER = "0197a000-0000-7000-8000-000000000001"


queues = Command("queues", QueuesError)


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that leads to no AWS."""
    for name in (*CHOSEN_BY, "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))


def test_where_nothing_runs_it_says_how_to_start_it_or_to_look_elsewhere(
    nowhere: None, tmp_path: Path
) -> None:
    said = queues.refusal("list", "--state", str(tmp_path))
    assert "make up" in said
    assert "AWS_PROFILE" in said


def test_a_local_stack_that_runs_is_found_by_its_folder(
    pair: Pair, endpoint: str, nowhere: None, tmp_path: Path
) -> None:
    entry = Entry(
        name="aws",
        role="aws",
        pid=os.getpid(),
        create_time=start_time(os.getpid()),
        port=int(endpoint.rpartition(":")[2]),
        command=[],
        log="",
    )
    Ledger(tmp_path).record(entry)

    found = queues.json("list", "--state", str(tmp_path))

    assert pair.name in {queue["name"] for queue in found}


def test_what_aws_refuses_is_said_without_a_traceback(
    client: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scripts.reach.CLIENT", None)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    assert queues.refusal("list").startswith("AWS refused: Could not connect to the endpoint URL")


def test_the_list_says_of_each_queue_what_waits_is_worked_on_and_died(pair: Pair) -> None:
    for number in range(3):
        pair.sqs.send_message(QueueUrl=pair.url, MessageBody=str(number))
    pair.sqs.receive_message(QueueUrl=pair.url)
    pair.bury("poison")

    found = {queue["name"]: queue for queue in queues.json("list")}
    table = queues("list").stdout

    own = found[pair.name]
    assert (own["waiting"], own["in_flight"], own["max_receives"]) == (2, 1, 5)
    assert (found[pair.dead_name]["source"], found[pair.dead_name]["waiting"]) == (pair.name, 1)
    [row] = [line.split() for line in table.splitlines() if line.startswith(f"{pair.name} ")]
    assert row[1:] == ["2", "1", "0", "1"]
    assert pair.dead_name not in table


def test_the_age_of_the_oldest_message_is_what_cloudwatch_was_told(
    pair: Pair, client: Callable[[str], Any]
) -> None:
    client("cloudwatch").put_metric_data(
        Namespace="AWS/SQS",
        MetricData=[
            {
                "MetricName": "ApproximateAgeOfOldestMessage",
                "Dimensions": [{"Name": "QueueName", "Value": pair.name}],
                "Value": 1_234.0,
            }
        ],
    )

    found = {queue["name"]: queue["oldest"] for queue in queues.json("list")}

    assert found[pair.name] == 1_234
    assert found[pair.dead_name] is None


@pytest.mark.parametrize("by", ["name", "dead_name"])
def test_dead_letters_are_shown_and_stay(pair: Pair, by: str) -> None:
    message_id = pair.bury(order_placed(ORDER))

    found = queues.json("show", getattr(pair, by))
    said = queues("show", getattr(pair, by)).stdout

    assert found["total"] == 1
    [letter] = found["letters"]
    assert (letter["message_id"], letter["event_type"]) == (message_id, "order.placed")
    assert f"order.placed {ORDER}" in said
    assert len(pair.bodies(pair.dead)) == 1


def test_a_part_of_a_name_will_do_if_it_means_one_queue(pair: Pair, make: Callable[..., Pair]) -> None:
    make()
    assert queues("show", pair.name[5:13]).stdout == f"{pair.dead_name} has no dead letters.\n"
    assert "give more of the name" in queues.refusal("show", "work-")
    assert queues.refusal("show", "nothing").startswith("no queue is called 'nothing'. There are: ")


def test_dead_letters_are_moved_back_after_they_were_shown_and_it_was_agreed(pair: Pair) -> None:
    attribute = {"trace": {"StringValue": "x", "DataType": "String"}}
    message_id = pair.bury(order_placed(ORDER), MessageAttributes=attribute)

    refused = queues("redrive", pair.name, answer="n\n")
    agreed = queues("redrive", pair.name, answer="y\n")

    assert refused.exit_code == 1
    assert message_id in refused.stdout
    assert f"Move 1 to {pair.name}, 10 a second?" in refused.stderr
    assert agreed.exit_code == 0
    assert f"moved 1 of 1 to {pair.name}\n" in agreed.stdout
    [moved] = pair.waiting(pair.url)
    assert json.loads(moved["Body"])["aggregate_id"] == ORDER
    assert moved["MessageAttributes"] == attribute
    assert pair.bodies(pair.dead) == []


def test_no_more_are_moved_than_were_asked_for(pair: Pair) -> None:
    for number in range(23):
        pair.bury(str(number))

    outcome = queues.json("redrive", pair.name, "--yes", "--limit", "12", "--rate", "1000/s")

    assert len(outcome["moved"]) == 12
    assert outcome["left"] == {}
    moved, left = pair.bodies(pair.url), pair.bodies(pair.dead)
    assert (len(moved), len(left)) == (12, 11)
    assert {*moved, *left} == {str(number) for number in range(23)}


def test_where_nothing_died_nothing_is_moved(pair: Pair) -> None:
    assert queues("redrive", pair.name).stdout.endswith("Nothing to move.\n")


@pytest.mark.parametrize("rate", ["fast", "0/s", "-1", "10/m", "5000/s", ""])
def test_a_rate_that_is_none_is_refused_before_anything_is_looked_at(rate: str) -> None:
    assert "give messages a second" in queues.refusal("redrive", "any", f"--rate={rate}")


def test_messages_of_a_group_keep_their_order_group_and_deduplication_id(
    make: Callable[..., Pair], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scripts.queues.redrive.DEDUPLICATED", timedelta())
    pair = make(".fifo")
    for number, group in enumerate("aabba"):
        pair.bury(f"{group}{number}", MessageGroupId=group, MessageDeduplicationId=f"d{number}")

    outcome = queues.json("redrive", pair.name, "--yes")

    assert len(outcome["moved"]) == 5
    moved = pair.waiting(pair.url)
    for group in "ab":
        bodies = [message["Body"] for message in moved if message["Body"].startswith(group)]
        assert bodies == sorted(bodies)
    for message in moved:
        assert message["Attributes"]["MessageGroupId"] == message["Body"][0]
        assert message["Attributes"]["MessageDeduplicationId"] == f"d{message['Body'][1]}"


def test_what_sqs_would_take_for_a_repetition_is_left_until_it_would_not(make: Callable[..., Pair]) -> None:
    pair = make(".fifo")
    first = pair.bury("1", MessageGroupId="a", MessageDeduplicationId="1")
    second = pair.bury("2", MessageGroupId="a", MessageDeduplicationId="2")

    outcome = queues.json("redrive", pair.name, "--yes")

    assert outcome["moved"] == []
    assert "would take it for a repetition until" in outcome["left"][first]
    assert outcome["left"][second] == "one of its group before it stays"
    assert pair.bodies(pair.url) == []
    assert pair.bodies(pair.dead) == ["1", "2"]

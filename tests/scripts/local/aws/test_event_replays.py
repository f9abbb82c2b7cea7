"""What of an archive is replayed, and to whom."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

Aws = Callable[[str], Any]

ACCOUNT = "arn:aws:sqs:us-east-1:123456789012"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def replayed(aws: Aws, name: str) -> dict[str, list[int]]:
    """Put an event an hour, replay two of them to one of two rules, and return what each queue got."""
    events, sqs = aws("events"), aws("sqs")
    bus = events.create_event_bus(Name=name)["EventBusArn"]
    events.create_archive(ArchiveName=name, EventSourceArn=bus)
    queues, rules = {}, {}
    for side in ("left", "right"):
        queues[side] = sqs.create_queue(QueueName=f"{name}-{side}")["QueueUrl"]
        pattern = json.dumps({"source": ["shop"]})
        rules[side] = events.put_rule(Name=f"{name}-{side}", EventBusName=name, EventPattern=pattern)[
            "RuleArn"
        ]
        target = {"Id": "queue", "Arn": f"{ACCOUNT}:{name}-{side}"}
        events.put_targets(Rule=f"{name}-{side}", EventBusName=name, Targets=[target])
    for hour in range(4):
        entry = {"Source": "shop", "DetailType": "a.b", "Detail": json.dumps(hour), "EventBusName": name}
        events.put_events(Entries=[{**entry, "Time": NOON + hour * HOUR}])
    for queue in queues.values():
        assert sorted(taken(sqs, queue)) == [0, 1, 2, 3]
    events.start_replay(
        ReplayName=name,
        EventSourceArn=f"arn:aws:events:us-east-1:123456789012:archive/{name}",
        EventStartTime=NOON + HOUR,
        EventEndTime=NOON + 3 * HOUR,
        Destination={"Arn": bus, "FilterArns": [rules["left"]]},
    )
    assert events.describe_replay(ReplayName=name)["State"] == "COMPLETED"
    return {side: taken(sqs, queue) for side, queue in queues.items()}


def taken(sqs: Any, queue: str) -> list[int]:
    received = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
    for message in received:
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    return [json.loads(message["Body"])["detail"] for message in received]


def test_a_replay_keeps_to_its_window_and_to_the_rules_that_it_names(aws: Aws) -> None:
    assert replayed(aws, "replay") == {"left": [1, 2], "right": []}


def test_what_was_replayed_is_not_archived_again(aws: Aws) -> None:
    replayed(aws, "again")

    assert aws("events").describe_archive(ArchiveName="again")["EventCount"] == 4


def test_moto_itself_still_replays_everything_to_everyone(moto: Aws) -> None:
    found = replayed(moto, "replay")

    assert len(found["left"]) == len(found["right"]) == 4

"""Consumers do nothing twice, so that the past can be replayed."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any
from uuid import uuid4

from app.events.orders import OrderCancelled, OrderPlaced
from scripts.events.replay import Window, follow, plan, start
from tests.lambdas import aws_events
from tests.lambdas.conftest import Context

Rows = Callable[..., list[list[Any]]]
ColdStart = Callable[[str], ModuleType]
BOOKED = "SELECT product_id, quantity, kind, booked_at FROM stock_movements ORDER BY 1, 2"


def test_a_replay_of_orders_that_were_booked_books_nothing_more(
    client: Callable[[str], Any], cold_start: ColdStart, rows: Rows
) -> None:
    bus = f"shop-{uuid4().hex[:8]}"
    events, sqs = client("events"), client("sqs")
    arn = events.create_event_bus(Name=bus)["EventBusArn"]
    events.create_archive(ArchiveName=bus, EventSourceArn=arn)
    queue = sqs.create_queue(QueueName=f"{bus}-order-inventory")["QueueUrl"]
    pattern = json.dumps({"source": ["shop"], "detail-type": [OrderPlaced.type, OrderCancelled.type]})
    events.put_rule(Name="orders", EventBusName=bus, EventPattern=pattern)
    target = {
        "Id": "queue",
        "Arn": f"arn:aws:sqs:us-east-1:123456789012:{bus}-order-inventory",
        "InputPath": "$.detail",
    }
    events.put_targets(Rule="orders", EventBusName=bus, Targets=[target])
    module = cold_start("order_inventory")

    def consume() -> list[str]:
        received = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
        bodies = [message["Body"] for message in received]
        assert module.handler(aws_events.sqs(*bodies), Context())["batchItemFailures"] == []
        for message in received:
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return sorted(bodies)

    now = datetime.now(UTC)
    for told in (OrderPlaced.example().event(), OrderCancelled.example().event()):
        entry = {
            "EventBusName": bus,
            "Source": "shop",
            "DetailType": told.type,
            "Detail": told.body().decode(),
        }
        events.put_events(Entries=[{**entry, "Time": now - timedelta(minutes=5)}])
    first = consume()
    booked = rows(BOOKED)
    assert len(booked) == 4

    window = Window(now - timedelta(hours=1), now)
    wanted = plan(events, bus, window, [], ["order_inventory"])
    list(follow(events, start(events, wanted)))

    assert [json.loads(body) for body in consume()] == [json.loads(body) for body in first]
    assert rows(BOOKED) == booked

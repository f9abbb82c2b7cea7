"""Consumers are deployed on their own, with parsers of their own: these read what the catalogue says."""

import json
from collections.abc import Callable, Mapping

import pytest

from app.events.catalogue import EVENTS
from app.events.contract import EventData, example_message
from lambdas.order_notifications.events import OrderPlaced
from lambdas.position_writer.positions import Position

# By consumer and type: what reads the message.
READERS: Mapping[tuple[str, str], Callable[[str], object]] = {
    ("order_notifications", "order.placed"): OrderPlaced.parse,
    ("position_writer", "position.reported"): lambda message: Position.parse(message.encode()),
}
KINDS = {kind.type: kind for kind in EVENTS}


@pytest.mark.parametrize(("consumer", "kind"), READERS)
def test_a_consumer_reads_the_example_of_each_event_that_it_consumes(consumer: str, kind: str) -> None:
    message = json.dumps(example_message(KINDS[kind]))

    assert READERS[consumer, kind](message)


@pytest.mark.parametrize(("consumer", "kind"), READERS)
def test_a_consumer_reads_past_fields_that_came_later(consumer: str, kind: str) -> None:
    read = READERS[consumer, kind]
    message = {**example_message(KINDS[kind]), "came_later": {"deep": [1]}}
    assert read(json.dumps(message)) == read(json.dumps(example_message(KINDS[kind])))

    if KINDS[kind].is_wrapped:
        message["data"] = {**message["data"], "came_later": 1}
        assert read(json.dumps(message)) == read(json.dumps(example_message(KINDS[kind])))


@pytest.mark.parametrize(("consumer", "kind"), READERS)
def test_the_catalogue_names_who_consumes_an_event(consumer: str, kind: str) -> None:
    assert consumer in [one.name for one in KINDS[kind].consumers]


def test_of_an_event_consumers_see_what_the_outbox_wrote() -> None:
    told: EventData = KINDS["order.placed"].example()
    event = told.event()

    read = OrderPlaced.parse(event.body().decode())

    assert (str(read.id), str(read.order_id)) == (str(event.id), told.aggregate_id)

"""Consumers are deployed on their own, with parsers of their own: these read what the catalogue says."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from app.events.catalogue import EVENTS
from app.events.contract import EventData, example_message
from lambdas.media.upload import Upload
from lambdas.order_inventory.movements import Movements
from lambdas.order_notifications.events import OrderPlaced
from lambdas.payment_capture.payments import Authorised
from lambdas.position_writer.positions import Position
from lambdas.sales_aggregator.sales import Sale

# By consumer and type: what reads the message.
READERS: Mapping[tuple[str, str], Callable[[str], object]] = {
    ("order_notifications", "order.placed"): OrderPlaced.parse,
    ("order_inventory", "order.placed"): Movements.parse,
    ("order_inventory", "order.cancelled"): Movements.parse,
    ("payment_capture", "payment.authorised"): Authorised.parse,
    ("sales_aggregator", "order.paid"): lambda message: Sale.parse(message.encode()),
    ("media_renditions", "media.uploaded"): lambda message: Upload.parse(message.encode()),
    ("media_captions", "media.uploaded"): lambda message: Upload.parse(message.encode()),
    ("position_writer", "position.reported"): lambda message: Position.parse(message.encode()),
}
LAMBDAS = Path(__file__).parents[3] / "lambdas"
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


def test_every_consumer_that_is_a_function_is_looked_at_here() -> None:
    named = {(consumer.name, kind.type) for kind in EVENTS for consumer in kind.consumers}

    assert {(name, type_) for name, type_ in named if (LAMBDAS / name).is_dir()} == READERS.keys()


def test_of_an_event_consumers_see_what_the_outbox_wrote() -> None:
    told: EventData = KINDS["order.placed"].example()
    event = told.event()

    read = OrderPlaced.parse(event.body().decode())

    assert (str(read.id), str(read.order_id)) == (str(event.id), told.aggregate_id)

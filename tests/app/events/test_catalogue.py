"""Every event is described, released and written as its class says."""

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from app.events.__main__ import main
from app.events.catalogue import EVENTS
from app.events.contract import EventData, example_message, message_schema
from app.events.orders import OrderCancelled, OrderPaid, OrderPlaced
from app.events.page import page
from app.events.payments import PaymentAuthorised
from app.events.releases import broken, unreleased
from app.orders.events import of_state
from app.orders.schemas import Order
from app.orders.states import STATES
from app.platform.slots import slot_of_id

ROOT = Path(__file__).parents[3]
ORDER = Order.model_validate(
    {
        "id": "01980f10-7a3d-7a2b-9c44-5e6f7a8b9c0d",
        "status": "placed",
        "total_minor": 2_999,
        "currency": "EUR",
        "created_at": "2026-03-01T09:30:00Z",
        "customer_id": "3f0d1a52-6c1b-4a8e-9d55-0b7f5c2e1a90",
        "customer_email": "ada@example.com",
        "lines": [
            {
                "line_no": number,
                "product_id": product_id,
                "product_name": "Cup",
                "quantity": quantity,
                "unit_price_minor": price,
            }
            for number, (product_id, quantity, price) in enumerate([(42, 2, 1_250), (7, 1, 499)], 1)
        ],
    }
)
every_event = pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.type)


def test_the_reference_page_is_what_the_classes_say() -> None:
    remedy = "run: python -m app.events > docs/reference/events.md"
    assert (ROOT / "docs/reference/events.md").read_text() == page(EVENTS), remedy


def test_the_command_prints_the_page_and_says_how_it_is_used(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    assert capsys.readouterr().out == page(EVENTS)

    assert main(["releases"]) == 2
    assert "python -m app.events [release]" in capsys.readouterr().err


def test_every_event_is_released_and_none_breaks_with_its_release() -> None:
    assert unreleased(EVENTS) == [], "run: python -m app.events release"
    assert list(broken(EVENTS)) == []


def test_no_two_events_share_a_type() -> None:
    assert len({kind.type for kind in EVENTS}) == len(EVENTS)


@every_event
def test_an_event_names_itself_and_means_something_by_each_field(kind: type[EventData]) -> None:
    domain, _, what = kind.type.partition(".")
    assert domain.isalpha()
    assert what.isalpha()
    schema = message_schema(kind)
    parts = [schema, schema["properties"].get("data", schema), *schema.get("$defs", {}).values()]
    for part in parts:
        assert part["description"]
        assert all(field["description"] for field in part["properties"].values())


@every_event
def test_an_example_is_a_message_as_the_outbox_publishes_it(kind: type[EventData]) -> None:
    message = json.loads(json.dumps(example_message(kind)))
    data = message["data"] if kind.is_wrapped else message

    assert kind.model_validate_json(json.dumps(data)) == kind.example()
    published = json.loads(kind.example().event().body())
    assert published["data"] == data
    if kind.is_wrapped:
        assert published.keys() == message.keys() == message_schema(kind)["properties"].keys()
        for same in ("type", "version", "aggregate_id"):
            assert published[same] == message[same]


@every_event
def test_who_reads_an_event_ignores_what_it_does_not_know(kind: type[EventData]) -> None:
    more = {**kind.example().model_dump(mode="json"), "came_later": 1}

    assert kind.model_validate_json(json.dumps(more)) == kind.example()
    assert "additionalProperties" not in json.dumps(message_schema(kind))


def test_an_event_that_its_schema_does_not_allow_is_never_made() -> None:
    with pytest.raises(ValidationError):
        PaymentAuthorised(**PaymentAuthorised.example().model_dump() | {"currency": "euros"})


def test_each_state_of_an_order_has_its_event() -> None:
    told = {state: of_state(ORDER, state) for state in STATES}

    assert {state: event.type for state, event in told.items()} == {
        state: f"order.{state}" for state in STATES
    }
    assert {type(event) for event in told.values()} <= set(EVENTS)
    assert {event.aggregate_id for event in told.values()} == {str(ORDER.id)}
    assert {event.slot for event in told.values()} == {slot_of_id(ORDER.id)}
    examples = (OrderPlaced.example(), OrderPaid.example(), OrderCancelled.example())
    assert (told["placed"], told["paid"], told["cancelled"]) == examples


def test_the_first_placed_orders_carried_no_lines_and_can_still_be_read() -> None:
    assert OrderPlaced.model_validate_json(json.dumps({"order_id": str(ORDER.id)})).lines == ()

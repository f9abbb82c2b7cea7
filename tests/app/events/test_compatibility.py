"""What breaks consumers is found, named and refused; what does not is let through."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, Self

import pytest
from pydantic import BaseModel

from app.events import releases
from app.events.__main__ import main
from app.events.compatibility import breaks
from app.events.contract import EventData, Pattern, message_schema
from app.events.orders import OrderPaid, OrderPlaced
from app.events.releases import IncompatibleError, release, unreleased

PAID = message_schema(OrderPaid)
Change = Callable[[dict[str, Any]], Any]


def data(schema: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = schema["properties"]["data"]
    return found


def fields(schema: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = data(schema)["properties"]
    return found


def line(schema: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = schema["$defs"]["PricedLine"]
    return found


def changed(change: Change) -> dict[str, Any]:
    """Return the schema of paid orders after a change."""
    schema = copy.deepcopy(PAID)
    change(schema)
    return schema


def test_a_schema_is_compatible_with_itself() -> None:
    assert breaks(PAID, copy.deepcopy(PAID)) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda schema: fields(schema).update(voucher={"type": "string"}),
        lambda schema: line(schema)["properties"].update(discount_minor={"type": "integer"}),
        lambda schema: fields(schema)["total_minor"].update(
            description="Other words", title="T", examples=[1]
        ),
        lambda schema: schema["properties"].update(trace_id={"type": "string"}),
        lambda schema: data(schema).update(required=sorted(data(schema)["required"], reverse=True)),
    ],
    ids=["an optional field", "one in a line", "other words", "one around the data", "another order"],
)
def test_what_consumers_do_not_notice_is_compatible(change: Change) -> None:
    assert breaks(PAID, changed(change)) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda schema: fields(schema).pop("currency"), "data.currency is removed"),
        (lambda schema: line(schema)["properties"].pop("quantity"), "data.lines[].quantity is removed"),
        (lambda schema: schema["properties"].pop("occurred_at"), "occurred_at is removed"),
        (
            lambda schema: fields(schema)["total_minor"].update(type="string"),
            "data.total_minor: type was 'integer' and is 'string'",
        ),
        (
            lambda schema: fields(schema)["total_minor"].pop("minimum"),
            "data.total_minor: minimum was 0 and is not said",
        ),
        (
            lambda schema: fields(schema)["order_id"].update(format="uri"),
            "data.order_id: format was 'uuid' and is 'uri'",
        ),
        (
            lambda schema: line(schema)["properties"]["product_id"].update(type="string"),
            "data.lines[].product_id: type was 'integer' and is 'string'",
        ),
        (
            lambda schema: fields(schema).update(lines={"type": "array", "items": {"type": "integer"}}),
            "data.lines[]: type was 'object' and is 'integer'",
        ),
        (
            lambda schema: fields(schema)["lines"].pop("items"),
            "data.lines: what the list holds was",
        ),
        (
            lambda schema: fields(schema)["currency"].update(enum=["EUR"]),
            "data.currency: enum was not said and is ['EUR']",
        ),
        (
            lambda schema: (
                fields(schema).update(voucher={"type": "string"}),
                data(schema)["required"].append("voucher"),
            ),
            "data.voucher is new and required: events that were published lack it",
        ),
        (
            lambda schema: data(schema)["required"].remove("currency"),
            "data.currency was always there and is optional",
        ),
        (
            lambda schema: schema["properties"]["version"].update(const=2),
            "version: const was 1 and is 2",
        ),
        (
            lambda schema: schema.update(additionalProperties=False),
            "the message: additionalProperties was not said and is False",
        ),
    ],
)
def test_what_breaks_consumers_is_named_with_its_place(change: Change, said: str) -> None:
    found = breaks(PAID, changed(change))

    assert any(what.startswith(said) for what in found), found


def test_a_field_that_becomes_required_breaks_with_what_was_published() -> None:
    placed = message_schema(OrderPlaced)
    needed = copy.deepcopy(placed)
    data(needed)["required"].append("lines")

    assert breaks(placed, needed) == [
        "data.lines was optional and is required: events that were published lack it"
    ]


def test_fields_that_are_called_as_words_of_the_schema_language_are_looked_at() -> None:
    before = {"type": "object", "properties": {"title": {"type": "string"}, "default": {"type": "string"}}}
    after = {"type": "object", "properties": {"title": {"type": "integer"}}}

    assert breaks(before, after) == [
        "title: type was 'string' and is 'integer'",
        "default is removed",
    ]


class Part(BaseModel):
    """A part."""

    number: int


class ThingMade(EventData):
    """A thing was made."""

    type: ClassVar[str] = "thing.made"
    pattern: ClassVar[Pattern] = "notification"

    thing_id: int
    parts: tuple[Part, ...] = ()

    @property
    def aggregate_id(self) -> str:
        """Return the thing's id."""
        return str(self.thing_id)

    @classmethod
    def example(cls) -> Self:
        """Return one."""
        return cls(thing_id=1)


class ThingMadeWithName(ThingMade):
    """The same, with a field that may be missing."""

    name: str = ""


class ThingMadeByName(ThingMade):
    """The same, with a field that may not."""

    name: str


class ThingMadeByNameAnew(ThingMadeByName):
    """The same, as a new version."""

    version: ClassVar[int] = 2


def test_an_optional_field_is_released_under_the_same_version(tmp_path: Path) -> None:
    assert unreleased([ThingMade], tmp_path) == ["thing.made.v1.json"]
    assert release([ThingMade], tmp_path) == ["thing.made.v1.json"]
    assert release([ThingMade], tmp_path) == []
    assert release([ThingMadeWithName], tmp_path) == ["thing.made.v1.json"]

    assert "name" in (tmp_path / "thing.made.v1.json").read_text()
    with pytest.raises(IncompatibleError, match=r"data\.name is removed"):
        release([ThingMade], tmp_path)


def test_what_breaks_is_not_released_until_the_version_is_raised(tmp_path: Path) -> None:
    release([ThingMade], tmp_path)
    before = (tmp_path / "thing.made.v1.json").read_text()

    with pytest.raises(IncompatibleError) as refused:
        release([ThingMadeByName], tmp_path)
    assert str(refused.value) == (
        "thing.made v1: data.name is new and required: events that were published lack it; "
        "raise ThingMadeByName.version to 2, or leave it as it was."
    )
    assert (tmp_path / "thing.made.v1.json").read_text() == before

    assert release([ThingMadeByNameAnew], tmp_path) == ["thing.made.v2.json"]
    assert (tmp_path / "thing.made.v1.json").read_text() == before


def test_an_event_that_is_gone_is_missed(tmp_path: Path) -> None:
    release([ThingMade], tmp_path)

    with pytest.raises(IncompatibleError, match=r"thing\.made v1: the event is gone; delete thing\.made\.v1"):
        release([OrderPlaced], tmp_path)


def test_the_command_releases_what_is_compatible_and_names_what_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["release"]) == 0
    assert capsys.readouterr().out == ""  # all of it is released

    monkeypatch.setattr("app.events.__main__.EVENTS", (ThingMade,))
    assert main(["release"]) == 1
    assert "order.placed v1: the event is gone" in capsys.readouterr().err
    assert not (releases.RELEASED / "thing.made.v1.json").exists()


def test_released_schemas_are_json_schemas_of_whole_messages() -> None:
    for file in releases.RELEASED.glob("*.json"):
        schema = json.loads(file.read_text())
        assert file.name.startswith(schema["title"])
        assert schema["type"] == "object"

"""Events hold no more than Lambda takes."""

import json

from scripts.local.runtime.mappings.events import MAX_EVENT, event, split


def test_records_are_split_into_events_within_the_limit_and_in_order() -> None:
    records = [{"number": number, "body": "x" * 100_000} for number in range(200)]
    parts = list(split(records))

    assert [record["number"] for part in parts for record in part] == list(range(200))
    assert len(parts) == 4
    assert all(len(event(part)) <= MAX_EVENT + 2**10 for part in parts)


def test_a_record_beyond_the_limit_goes_alone() -> None:
    parts = list(split([{"body": "a"}, {"body": "x" * 200}, {"body": "b"}], limit=100))
    assert [len(part) for part in parts] == [1, 1, 1]


def test_no_records_are_no_event() -> None:
    assert list(split([])) == []


def test_an_event_is_the_list_of_its_records() -> None:
    assert json.loads(event([{"body": "a"}])) == {"Records": [{"body": "a"}]}

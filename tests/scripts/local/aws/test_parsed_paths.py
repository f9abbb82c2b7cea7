"""Paths of events are parsed once, however many events there are."""

from typing import Any

import jsonpath_ng.ext
import pytest
from jsonpath_ng.ext.parser import parse
from moto.events.utils import EventTemplateParser

from scripts.local.aws.extensions import parsed_paths

PATHS = {"order": "$.detail.order_id", "source": "$.source"}
TEMPLATE = '"<order> of <source>"'


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths that were parsed, each time anew, in this process."""
    found: list[str] = []

    def count(path: str) -> Any:
        found.append(path)
        return parse(path)

    monkeypatch.setattr(jsonpath_ng.ext, "parse", count)
    monkeypatch.setattr(parsed_paths, "parse", count)
    return found


def transformed(order: str) -> Any:
    event: Any = {"detail": {"order_id": order}, "source": "shop", "ingestion-time": 0}
    return EventTemplateParser.parse(TEMPLATE, PATHS, event)


def test_moto_parses_them_for_each_event(parsed: list[str]) -> None:
    """Once it does no more, the extension can go."""
    assert [transformed("1"), transformed("2")] == ["1 of shop", "2 of shop"]
    assert parsed == [*PATHS.values()] * 2


def test_with_the_extension_each_is_parsed_once_and_finds_what_is_in_each_event(parsed: list[str]) -> None:
    parsed_paths.install()

    assert [transformed("1"), transformed("2")] == ["1 of shop", "2 of shop"]
    assert parsed == [*PATHS.values()]

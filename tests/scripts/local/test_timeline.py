"""The timeline tells what happened, in order, to people and to scripts."""

import json
from itertools import islice
from pathlib import Path

import pytest

from scripts.local.timeline import Timeline, print_event, print_event_as_json
from tests.scripts.local.test_cli import blueprint


def test_events_are_kept_in_the_order_in_which_they_were_told(tmp_path: Path) -> None:
    assert Timeline(tmp_path).events() == []
    Timeline(tmp_path).tell("health", "i-1", "i-1 left the balancer")
    Timeline(tmp_path).tell("scaling", "shop", "shop scales out")
    first, second = Timeline(tmp_path).events()
    assert (first.kind, first.subject, first.sentence) == ("health", "i-1", "i-1 left the balancer")
    assert second.kind == "scaling"
    assert first.time <= second.time


def test_who_follows_is_told_what_comes_and_what_was_there_only_if_wanted(tmp_path: Path) -> None:
    timeline = Timeline(tmp_path)
    timeline.tell("health", "i-1", "first")
    followed = timeline.follow(seen=1)
    timeline.tell("health", "i-1", "second")
    timeline.tell("health", "i-1", "third")
    assert [event.sentence for event in islice(followed, 2)] == ["second", "third"]


def test_an_event_is_a_line_for_people_or_an_object(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    timeline = Timeline(tmp_path)
    timeline.tell("scaling", "shop", "shop scales out")
    (event,) = timeline.events()
    print_event(event)
    assert capsys.readouterr().out.endswith("  scaling  shop scales out\n")
    print_event_as_json(event)
    told = json.loads(capsys.readouterr().out)
    assert told == {"time": event.time, "kind": "scaling", "subject": "shop", "sentence": "shop scales out"}


def test_the_command_prints_it_and_says_when_nothing_has_happened(tmp_path: Path) -> None:
    nothing = blueprint("local", "timeline", "--state", str(tmp_path))
    assert "Nothing has happened yet" in nothing.stdout
    Timeline(tmp_path).tell("health", "i-1", "i-1 left the balancer")
    told = blueprint("local", "timeline", "--json", "--state", str(tmp_path))
    assert json.loads(told.stdout)["sentence"] == "i-1 left the balancer"


def test_a_deployment_to_nothing_says_how_to_start(tmp_path: Path) -> None:
    result = blueprint("local", "deploy", "--state", str(tmp_path))
    assert result.returncode == 1
    assert "nothing is running that could be deployed to. Start it with: make up" in result.stderr
    assert "Traceback" not in result.stderr

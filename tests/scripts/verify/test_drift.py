"""What a second plan would change is told by attribute; what only moto makes is told apart."""

from pathlib import Path
from typing import Any

from scripts.terraform import schema
from scripts.verify import artefacts
from scripts.verify.artefacts import Artefact
from scripts.verify.drift import differences


def change(before: Any, after: Any, **more: Any) -> dict[str, Any]:
    actions = more.pop("actions", ["update"])
    body = {"actions": actions, "before": before, "after": after, **more}
    return {"address": "aws_lb.it", "type": "aws_lb", "mode": "managed", "change": body}


def told(found: dict[str, Any], known: list[Artefact] | None = None) -> list[tuple[str, Any, Any]]:
    return [(it.attribute, it.read, it.wanted) for it in differences(found, known or [])]


def test_attributes_are_found_at_every_depth() -> None:
    found = change({"a": 1, "b": [{"c": "x", "d": []}]}, {"a": 1, "b": [{"c": "y", "d": ["z"]}]})
    assert told(found) == [("b[0].c", "x", "y"), ("b[0].d", [], ["z"])]


def test_what_follows_from_other_attributes_is_left_out() -> None:
    found = change({"a": 1, "version": 1}, {"a": 2}, after_unknown={"version": True})
    assert told(found) == [("a", 1, 2)]


def test_secrets_are_not_shown() -> None:
    found = change({"password": "a"}, {"password": "b"}, after_sensitive={"password": True})
    assert told(found) == [("password", "(sensitive)", "(sensitive)")]


def test_a_resource_that_is_gone_differs_as_a_whole() -> None:
    assert told(change(None, {}, actions=["create"])) == [("", "nothing", "the resource")]


def test_nothing_to_do_is_no_difference() -> None:
    assert told(change({"a": 1}, {"a": 1}, actions=["no-op"])) == []
    assert differences({**change({}, {"a": 1}), "mode": "data"}, []) == []


def test_an_artefact_explains_one_attribute_of_one_type() -> None:
    artefact = Artefact(type="aws_lb", attribute=r"rule\[\d+\]\.name", reason="moto makes names up")
    found = change({"rule": [{"name": "a", "port": 1}]}, {"rule": [{"name": "b", "port": 2}]})
    explained = {it.attribute: it.artefact for it in differences(found, [artefact])}
    assert explained == {"rule[0].name": artefact, "rule[0].port": None}
    assert not artefact.explains("aws_alb", "rule[0].name")


def test_the_list_of_artefacts_names_types_that_exist_and_gives_reasons(tmp_path: Path) -> None:
    known = schema.load().resources
    for artefact in artefacts.load():
        assert artefact.type in known
        assert len(artefact.reason) > len("because of moto")
    (tmp_path / "none.yaml").write_text("[]\n")
    assert artefacts.load(tmp_path / "none.yaml") == []

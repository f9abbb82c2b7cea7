"""What an owner should know before `pulumi up` is said, and nothing that is not so."""

from typing import Any

import pytest

from scripts.evaluation.stack import Evaluation, evaluate
from scripts.preview.cautions import cautions
from tests.infra.stacks import build
from tests.scripts.preview.conftest import MakeProject

SOUND: dict[str, Any] = {
    "stage": "prod",
    "alarm_email": "team@example.com",
    "email_sender": "shop@shop.example",
    "network": {"zones": 3, "nat": "per_zone"},
    "compute": {"ami": "ami-0fedcba9876543210"},
    "services": {"shop": {"min_size": 2, "max_size": 6}},
    "database": {"replicas": 1, "multi_az": True},
    "streams": {"positions": {"shards": 2}, "sales": {"shards": 2}, "media": {"shards": 2}},
}


def messages(evaluation: Evaluation, kind: str) -> list[str]:
    return [it.message for it in cautions(evaluation) if it.kind == kind]


@pytest.fixture
def sound(project: MakeProject) -> Evaluation:
    """A stack about which there is little to say."""
    root = project(**SOUND)
    build(root / "dist" / "arm64")
    return evaluate(root, "it")


def test_a_sound_production_stack_is_only_told_what_is_dear(sound: Evaluation) -> None:
    assert [it.kind for it in cautions(sound)] == ["cost"]
    assert messages(sound, "cost") == ["3 × NAT gateway: about 99 USD a month before any traffic."]


def test_placeholders_are_named_with_the_command_that_builds(project: MakeProject) -> None:
    bare = evaluate(project(), "it")
    [message] = messages(bare, "unbuilt")
    assert "Run `blueprint build --platform arm64` before `pulumi up`." in message


@pytest.mark.parametrize("nat", ["single", "instance"])
def test_one_way_out_for_all_zones_is_an_outage(project: MakeProject, nat: str) -> None:
    outages = messages(evaluate(project(network={"nat": nat}), "it"), "outage")
    assert any("is the way out of all zones" in it for it in outages)


def test_what_has_no_successor_is_listed(dev: Evaluation) -> None:
    assert "Nothing takes over while one of these fails: database shop, cache shop, fleet shop." in messages(
        dev, "outage"
    )


SERVING: dict[str, Any] = {
    "second_region": {"code": "eu-central-1", "serves": True, "cidr": "10.99.0.0/16"},
    "encryption": {"own_key": True},
    "tables": {"replicated": True},
}
DOMAIN = {"name": "shop.example.com", "hosted_zone_id": "Z0123456789ABCDEFGHIJ"}


@pytest.mark.parametrize(("domain", "stands_by"), [({}, True), (DOMAIN, False)])
def test_a_second_region_without_a_name_is_said_to_stand_by(
    project: MakeProject, domain: dict[str, Any], *, stands_by: bool
) -> None:
    outages = messages(evaluate(project(**SERVING, domain=domain), "it"), "outage")
    said = any(
        "eu-central-1 is asked for the catalogue alone, and only while eu-west-1 fails" in it
        for it in outages
    )
    assert said is stands_by


def test_a_destroy_that_takes_data_along_says_how_much(dev: Evaluation) -> None:
    assert any("deletes 1 database, 3 buckets, 7 tables with all data" in it for it in messages(dev, "loss"))


def test_few_backups_are_a_loss(dev: Evaluation) -> None:
    assert any("Database shop can be restored from one day back" in it for it in messages(dev, "loss"))


def test_an_image_that_is_not_pinned_is_a_surprise(dev: Evaluation) -> None:
    [message] = messages(dev, "surprise")
    assert "`blueprint image` prints the line that pins it" in message


def test_alarms_that_nobody_hears_are_counted(dev: Evaluation) -> None:
    number = len(dev.recording.of("cloudwatch/metricAlarm:MetricAlarm"))
    assert f"Nobody hears of {number} alarms: set alarm_email." in messages(dev, "silence")


def test_a_sender_that_nobody_owns_is_said(dev: Evaluation) -> None:
    assert any("email_sender is shop@example.com" in it for it in messages(dev, "silence"))


def test_on_demand_streams_and_endpoints_are_counted_by_what_they_cost(project: MakeProject) -> None:
    endpoints = ["secretsmanager", "ssm"]
    evaluation = evaluate(
        project(network={"interface_endpoints": endpoints}, streams={"positions": {"shards": None}}), "it"
    )
    costs = messages(evaluation, "cost")
    assert "1 × on-demand stream: about 29 USD a month before any traffic." in costs
    assert "4 × interface endpoint and zone: about 28 USD a month before any traffic." in costs

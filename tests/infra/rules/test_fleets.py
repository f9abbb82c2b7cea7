"""What the settings of a service's instances forbid each other, and in which words."""

from typing import Any

import pytest

from infra.settings.presets import merged
from tests.infra.stacks import DEV, PROD, parse, refusal

PROBLEMS: list[tuple[dict[str, Any], str, str]] = [
    (
        {"warm_pool": {"size": 1}, "spot": {"percent": 50}},
        "warm_pool is 1; allowed: unset where spot is set.",
        "AWS keeps no spare capacity in warm pools: choose one of the two.",
    ),
    (
        {"warm_pool": {"size": 1}, "instance_types": ["t4g.small", "t4g.medium"]},
        "instance_types is ['t4g.small', 't4g.medium']; allowed: one type where warm_pool is set.",
        "Keep the first: a group that chooses among types may not have a warm pool.",
    ),
    (
        {"warm_pool": {"size": 9}},
        "warm_pool.size is 9; allowed: at most max_size, 2.",
        "Lower it: the others would wait for ever.",
    ),
    (
        {"cpu_credits": "standard", "instance_types": ["t4g.small", "m7g.large"]},
        "cpu_credits is 'standard'; allowed: unset for m7g.large.",
        "Only types that begin with t have credits: unset it, or choose among those.",
    ),
    (
        {"volume": {"size": 10, "iops": 6_000}},
        "volume.iops is 6000; allowed: at most 500 a GiB of volume.size, 5000.",
        "Lower it or raise volume.size.",
    ),
    (
        {"volume": {"throughput": 800}},
        "volume.throughput is 800; allowed: at most a quarter of volume.iops, 750.",
        "Lower it or raise volume.iops.",
    ),
    (
        {"spot": {"percent": 50, "on_demand_base": 3}},
        "spot.on_demand_base is 3; allowed: at most max_size, 2.",
        "Lower it, or no instance is spare capacity.",
    ),
    (
        {"scaling": {"cpu": None}},
        "max_size is 2; allowed: min_size, 1, where nothing scales.",
        "Set scaling.cpu, scaling.requests or scaling.schedules, or give up the room.",
    ),
    (
        {"scaling": {"cpu": None, "requests": 100, "predictive": "scale"}},
        "scaling.predictive is 'scale'; allowed: off where scaling.cpu is unset.",
        "Set scaling.cpu: a forecast launches ahead, and that corrects it.",
    ),
    (
        {"refresh": {"checkpoints": [50, 20, 100]}},
        "refresh.checkpoints is [50, 20, 100]; allowed: rising percentages that end with 100.",
        "Put them in order: a refresh that ends earlier leaves two versions side by side.",
    ),
    (
        {"scaling": {"burst": True}, "detailed_monitoring": False},
        "scaling.burst is True; allowed: unset or false where nothing is measured every minute.",
        "Set scaling.requests, or scaling.cpu and detailed_monitoring.",
    ),
    (
        {"refresh": {"checkpoints": [20, 50]}},
        "refresh.checkpoints is [20, 50]; allowed: rising percentages that end with 100.",
        "Put them in order: a refresh that ends earlier leaves two versions side by side.",
    ),
    (
        {"refresh": {"max_healthy": 100}},
        "refresh.max_healthy is 100; allowed: more than 100 where min_healthy is 100.",
        "Raise it: no instance may be added, and none taken away.",
    ),
    (
        {"protect_from_scale_in": True, "max_lifetime_days": 7},
        "max_lifetime_days is 7; allowed: unset where protect_from_scale_in is true.",
        "AWS replaces no protected instance: unset one of the two.",
    ),
    (
        {"health_check_grace": 601, "capacity_timeout": 10},
        "capacity_timeout is 10; allowed: at least health_check_grace in minutes, 11.",
        "Raise it, or `up` gives up while instances may still boot.",
    ),
    (
        {"scaling": {"schedules": {"day": {"cron": "0 8 * *", "min_size": 2}}}},
        "scaling.schedules.day.cron is '0 8 * *'; allowed: cron's five fields, such as 0 8 * * MON-FRI.",
        "Write minute, hour, day, month and weekday.",
    ),
    (
        {"scaling": {"schedules": {"day": {"cron": "0 8 * * *"}}}},
        "scaling.schedules.day is not set; allowed: min_size or max_size.",
        "Set one: it changes nothing.",
    ),
    (
        {"scaling": {"schedules": {"day": {"cron": "0 8 * * *", "min_size": 3, "max_size": 2}}}},
        "scaling.schedules.day.min_size is 3; allowed: at most its max_size, 2.",
        "Lower it or raise max_size.",
    ),
]


@pytest.mark.parametrize(("service", "claim", "remedy"), PROBLEMS)
def test_instances_that_could_not_run_are_refused(service: dict[str, Any], claim: str, remedy: str) -> None:
    config = merged({**DEV, "services": {"shop": {"cpu_credits": None}}}, {"services": {"shop": service}})
    assert f"- blueprint:services.shop.{claim} {remedy}" in refusal(config).splitlines()


def test_production_keeps_some_instances_that_aws_does_not_take_back() -> None:
    spot = {"services": {"shop": {"spot": {"percent": 100, "on_demand_base": 0}}}}
    assert (
        "- blueprint:services.shop.spot.on_demand_base is 0; allowed: at least 1 in stage prod. "
        "Raise it: AWS may take all spare capacity back at once."
    ) in refusal({**PROD, **spot}).splitlines()


def test_every_option_can_be_set_where_nothing_speaks_against_it() -> None:
    service = {
        "instance_types": ["t4g.small", "t4g.medium"],
        "spot": {"percent": 50},
        "max_size": 4,
        "max_lifetime_days": 30,
        "refresh": {"checkpoints": [20, 100]},
        "scaling": {
            "requests": 600,
            "predictive": "forecast",
            "schedules": {"night": {"cron": "0 20 * * *", "time_zone": "Europe/Berlin", "max_size": 2}},
        },
        "volume": {"size": 40, "iops": 8_000, "throughput": 1_000},
    }
    parsed = parse({**DEV, "services": {"shop": service}}).services["shop"]
    assert parsed.spot is not None
    assert parsed.spot.on_demand_base == 1

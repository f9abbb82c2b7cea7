"""What the settings of the cache forbid each other, and in which words."""

from typing import Any

import pytest

from tests.infra.stacks import DEV, parse, refusal

CLUSTER = {"shards": 2, "nodes": 2, "automatic_failover": True}

PROBLEMS: list[tuple[dict[str, Any], str, str]] = [
    (
        {"automatic_failover": True},
        "cache.nodes is 1; allowed: at least 2 with automatic_failover.",
        "Add a node to fail over to, or set cache.automatic_failover to false.",
    ),
    (
        {"shards": 2, "nodes": 2},
        "cache.automatic_failover is False; allowed: true where there are shards.",
        "ElastiCache makes no cluster without it: switch it on, or set cache.shards to null.",
    ),
    (
        {**CLUSTER, "shards": 31, "nodes": 3},
        "cache.shards is 31; allowed: at most 30 with 3 nodes each.",
        "AWS lets a cluster have 90 nodes: take fewer of either, or larger ones.",
    ),
    (
        {"transit_encryption": False},
        "cache.transit_encryption is False; allowed: true with authentication.",
        ("ElastiCache asks for passwords over TLS only: switch it on, or set cache.authentication to false."),
    ),
    (
        {"parameters": {"maxmemory-policy": "noeviction"}},
        (
            "cache.parameters.maxmemory-policy is 'noeviction'; allowed: parameters that no other setting "
            "decides."
        ),
        "Remove it, and set cache.eviction.",
    ),
    (
        {"parameters": {"cluster-enabled": "yes"}},
        "cache.parameters.cluster-enabled is 'yes'; allowed: parameters that no other setting decides.",
        "Remove it, and set cache.shards.",
    ),
    (
        {"snapshot_window": "23:50-00:40"},
        "cache.snapshot_window is '23:50-00:40'; allowed: at least 60 minutes.",
        "ElastiCache refuses shorter windows: end it later.",
    ),
    (
        {"maintenance_window": "sun:23:50-mon:00:40"},
        "cache.maintenance_window is 'sun:23:50-mon:00:40'; allowed: at least 60 minutes.",
        "ElastiCache refuses shorter windows: end it later.",
    ),
    (
        {"snapshot_window": "03:00-04:00", "maintenance_window": "sun:03:30-sun:04:30"},
        (
            "cache.snapshot_window is '03:00-04:00'; allowed: a time apart from cache.maintenance_window, "
            "sun:03:30-sun:04:30."
        ),
        "ElastiCache refuses windows that overlap: move one of them.",
    ),
]


@pytest.mark.parametrize(("cache", "claim", "remedy"), PROBLEMS)
def test_settings_that_forbid_each_other_are_refused(cache: dict[str, Any], claim: str, remedy: str) -> None:
    assert f"- blueprint:{claim} {remedy}" in refusal({**DEV, "cache": cache}).splitlines()


def test_the_emulator_runs_a_cluster() -> None:
    assert parse({**DEV, "emulator": True, "cache": CLUSTER}).cache.shards == CLUSTER["shards"]


def test_nobody_is_asked_for_a_password_where_there_is_no_tls() -> None:
    cache = parse({**DEV, "cache": {"transit_encryption": False, "authentication": False}}).cache
    assert not cache.authentication


@pytest.mark.parametrize("name", ["Timeout", "time out", "1st", ""])
def test_a_parameter_with_a_name_that_valkey_cannot_have_is_refused(name: str) -> None:
    assert f"cache.parameters.{name}" in refusal({**DEV, "cache": {"parameters": {name: "1"}}})

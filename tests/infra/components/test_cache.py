"""The cache: one group or a cluster of shards, who may speak with it, and what is watched."""

import dataclasses
import json
from typing import Any

import pytest

from infra.components.cache import Cache, CacheArgs
from infra.components.cache_users import CacheUsersArgs
from scripts.evaluation.recorder import Recording, Registered, record
from tests.infra.components.examples import EXAMPLES

SECRET = "secretsmanager/secretVersion:SecretVersion"  # noqa: S105 - a type


def args(**changes: Any) -> CacheArgs:
    made: CacheArgs = EXAMPLES[CacheArgs].args()
    return dataclasses.replace(made, **changes)


def cache(**changes: Any) -> Recording:
    return record(lambda: Cache("it", args(**changes)))


def users(recording: Recording) -> dict[str, Registered]:
    return {it.inputs["userName"]: it for it in recording.of("elasticache/user:User")}


def passwords(user: Registered) -> list[str]:
    found: list[str] = user.inputs["authenticationMode"]["passwords"]
    return found


def watched(made: Cache) -> dict[str, set[str]]:
    """The nodes with an alarm, by metric."""
    by_metric: dict[str, set[str]] = {}
    for alarm in made.alarms:
        by_metric.setdefault(alarm.metric, set()).add(str(alarm.dimensions["CacheClusterId"]))
    return by_metric


def test_a_group_is_counted_in_nodes_and_reached_at_its_primary() -> None:
    made: list[Cache] = []
    recording = record(lambda: made.append(Cache("it", args(shards=None, nodes=3))))
    group = recording.one("ReplicationGroup")
    parameters = recording.one("elasticache/parameterGroup:ParameterGroup").inputs["parameters"]
    assert (group.name, group.inputs["numCacheClusters"]) == ("it", 3)
    assert not {"numNodeGroups", "replicasPerNodeGroup"} & group.inputs.keys()
    assert {each["name"] for each in parameters} == {"maxmemory-policy", "timeout"}
    assert watched(made[0])["EngineCPUUtilization"] == {f"blueprint-dev-it-00{n}" for n in (1, 2, 3)}
    assert "CACHE_CLUSTER" not in made[0].environment


def test_a_cluster_is_counted_in_shards_and_is_another_group() -> None:
    made: list[Cache] = []
    recording = record(lambda: made.append(Cache("it", args(shards=2, nodes=2))))
    group = recording.one("ReplicationGroup")
    parameters = recording.one("elasticache/parameterGroup:ParameterGroup").inputs["parameters"]
    assert group.name == "it-shards", "a group cannot turn into a cluster: this one is made beside it"
    assert (group.inputs["numNodeGroups"], group.inputs["replicasPerNodeGroup"]) == (2, 1)
    assert "numCacheClusters" not in group.inputs
    assert {"name": "cluster-enabled", "value": "yes"} in parameters
    assert watched(made[0])["EngineCPUUtilization"] == {
        f"blueprint-dev-it-shards-000{shard}-00{node}" for shard in (1, 2) for node in (1, 2)
    }
    assert made[0].environment["CACHE_CLUSTER"] == "true"


@pytest.mark.parametrize(
    ("changes", "metric", "alarm"),
    [
        ({"eviction": "allkeys-lru"}, "Evictions", True),
        ({"eviction": "allkeys-lru"}, "DatabaseMemoryUsagePercentage", False),
        ({"eviction": "noeviction"}, "Evictions", False),
        ({"eviction": "noeviction"}, "DatabaseMemoryUsagePercentage", True),
        ({"nodes": 1, "shards": None, "automatic_failover": False}, "ReplicationLag", False),
        ({"nodes": 2}, "ReplicationLag", True),
        ({"node_type": "cache.t4g.micro"}, "CPUCreditBalance", True),
        ({"node_type": "cache.r7g.large"}, "CPUCreditBalance", False),
        ({}, "CurrConnections", True),
    ],
)
def test_what_can_go_wrong_with_a_node_is_watched(
    changes: dict[str, Any],
    metric: str,
    alarm: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    made: list[Cache] = []
    record(lambda: made.append(Cache("it", args(**changes))))
    assert (metric in watched(made[0])) is alarm


def test_only_the_programs_user_gets_in() -> None:
    found = users(cache())
    assert found.keys() == {"shop", "default"}
    assert found["shop"].inputs["accessString"].startswith("on ")
    assert found["default"].inputs["accessString"] == "off -@all"
    (group,) = cache().of("elasticache/userGroup:UserGroup")
    assert set(group.inputs["userIds"]) == {it.inputs["userId"] for it in found.values()}
    assert cache().one("ReplicationGroup").inputs["userGroupIds"] == [group.inputs["userGroupId"]]


def test_the_secret_says_who_gets_in_and_nothing_says_it_in_the_clear() -> None:
    recording = cache()
    version, user = recording.one(SECRET), users(recording)["shop"]
    assert version.json("secretString")["username"] == "shop"
    assert version.json("secretString")["user_arn"].startswith("arn:aws:elasticache:")
    assert {"secretString"} <= version.secrets
    assert {"authenticationMode"} <= user.secrets
    assert user.urn in version.dependencies, "programs read a password that is valid already"


def test_a_new_password_leaves_the_one_before_it_valid() -> None:
    def made(version: int) -> tuple[set[str], list[str]]:
        recording = cache(users=CacheUsersArgs(password_version=version, protect=False))
        uses = users(recording)["shop"].uses["authenticationMode"]
        return {urn.rpartition("::")[2] for urn in uses}, [
            it.name for it in recording.of("RandomPassword") if not it.name.endswith("default")
        ]

    first = "it-cache-password-1"
    assert made(1) == ({first}, [first])
    assert made(2) == ({first, "it-cache-password-2"}, [first, "it-cache-password-2"])
    last = ["it-cache-password-2", "it-cache-password-3"]
    assert made(3) == (set(last), last)


def test_the_secret_has_the_newest_password() -> None:
    recording = cache(users=CacheUsersArgs(password_version=3, protect=False))
    names = {urn.rpartition("::")[2] for urn in recording.one(SECRET).uses["secretString"]}
    assert {name for name in names if "password" in name} == {"it-cache-password-3"}


def test_a_cache_without_users_asks_nobody() -> None:
    made: list[Cache] = []
    recording = record(lambda: made.append(Cache("it", args(users=None))))
    assert not recording.of("elasticache/user:User")
    assert not recording.of(SECRET)
    assert "userGroupIds" not in recording.one("ReplicationGroup").inputs
    assert "CACHE_SECRET_ARN" not in made[0].environment


def test_passwords_are_what_elasticache_takes() -> None:
    for password in cache().of("RandomPassword"):
        assert 16 <= password.inputs["length"] <= 128
        assert password.inputs["special"] is False


@pytest.mark.parametrize(("protect", "snapshot"), [(True, "it-cache-1a2b3c4-final"), (False, None)])
def test_what_is_protected_leaves_a_last_snapshot(protect: bool, snapshot: str | None) -> None:  # noqa: FBT001 - a parameter of the test
    group = cache(protect=protect).one("ReplicationGroup").inputs
    assert group.get("finalSnapshotIdentifier") == snapshot
    assert group["applyImmediately"] is not protect


def test_logs_go_to_groups_of_their_own_as_json() -> None:
    recording = cache(log_exports=["slow", "engine"])
    groups = {it.inputs["name"] for it in recording.of("cloudwatch/logGroup:LogGroup")}
    deliveries = recording.one("ReplicationGroup").inputs["logDeliveryConfigurations"]
    assert {each["destination"] for each in deliveries} == groups
    assert {each["logType"] for each in deliveries} == {"slow-log", "engine-log"}
    assert json.dumps(deliveries).count('"json"') == 2


@pytest.mark.parametrize(("version", "family"), [("7.2", "valkey7"), ("8.1", "valkey8")])
def test_parameters_are_those_of_the_major_version(version: str, family: str) -> None:
    group = cache(engine_version=version).one("elasticache/parameterGroup:ParameterGroup")
    assert group.inputs["family"] == family

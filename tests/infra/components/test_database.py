"""Databases: which parameters wait for a reboot, what shards are called, and what lies in another region."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path

import pulumi
import pulumi_aws as aws
import pytest

from app.platform.postgres import LIMITS
from infra.components import database_class
from infra.components.database import Database
from infra.components.database_copies import (
    BackupCopy,
    BackupCopyArgs,
    ReplicaDatabase,
    ReplicaDatabaseArgs,
)
from infra.components.database_parameters import AT_START, apply_method
from infra.components.sharded_database import ShardedDatabase, ShardedDatabaseArgs
from infra.settings.data import SESSION_LIMITS
from scripts.evaluation.recorder import Recording, record
from scripts.local.runtime.servers import postgres_installation
from tests.infra.components.examples.data import INSTANCE, database_args, proxy_args

KEY = "arn:aws:kms:eu-west-1:1:key/k"


def sharded(shards: int) -> Recording:
    args = ShardedDatabaseArgs(shards=shards, database=database_args(), proxy=proxy_args())
    return record(lambda: ShardedDatabase("it", args))


def test_every_parameter_that_postgresql_reads_at_its_start_is_applied_at_a_reboot(tmp_path: Path) -> None:
    installation = postgres_installation.find(tmp_path)
    described = installation.run("postgres", "--describe-config").splitlines()
    at_start = {line.split("\t")[0] for line in described if line.split("\t")[1] == "postmaster"}
    assert len(at_start) > 50
    assert at_start <= AT_START


def test_other_parameters_are_applied_at_once() -> None:
    for name in ("work_mem", "log_min_duration_statement", "rds.force_ssl"):
        assert apply_method(name) == "immediate"


@pytest.mark.parametrize(
    ("name", "memory", "burstable", "arm"),
    [
        ("db.t4g.micro", 1, True, True),
        ("db.t3.medium", 4, True, False),
        ("db.m7g.large", 8, False, True),
        ("db.m6i.2xlarge", 32, False, False),
        ("db.r7g.4xlarge", 128, False, True),
        ("db.x2g.xlarge", 64, False, True),
    ],
)
def test_a_class_says_how_much_memory_it_has(name: str, memory: int, burstable: bool, arm: bool) -> None:  # noqa: FBT001 - parameters of the test
    assert database_class.parse(name) == (memory, burstable, arm)


@pytest.mark.parametrize("name", ["db.c7g.large", "db.t4g.8xlarge", "db.r7g.metal", "t4g.micro"])
def test_a_class_that_is_not_known_is_none(name: str) -> None:
    assert database_class.parse(name) is None


def test_the_proxy_sets_the_limits_that_the_shop_would_ask_for() -> None:
    assert "; ".join(f"SET {name} = '{value}'" for name, value in LIMITS.items()) == SESSION_LIMITS


def test_the_first_shard_stays_when_others_join_it() -> None:
    one, two = sharded(1).resources, sharded(2).resources
    assert one.keys() <= two.keys()
    assert all(one[urn].inputs == two[urn].inputs for urn in one)


def test_a_shard_more_costs_as_many_resources_as_the_one_before() -> None:
    counts = [len(sharded(shards).resources) for shards in (2, 3, 8)]
    assert counts[2] - counts[0] == 6 * (counts[1] - counts[0])


def test_a_single_database_has_no_directory() -> None:
    assert not sharded(1).of("dynamodb/table:Table")
    assert len(sharded(2).of("dynamodb/tableItem:TableItem")) == 2


def test_pulumi_leaves_what_is_rotated_alone() -> None:
    def ignored(*, rotated: bool) -> Mapping[str, frozenset[str]]:
        args = dataclasses.replace(database_args(), rotated=rotated, replicas=0)
        recording = record(lambda: Database("it", args))
        return {
            "instance": recording.one("rds/instance:Instance").ignores,
            "secret": recording.one("SecretVersion").ignores,
        }

    assert ignored(rotated=True) == {"instance": {"password"}, "secret": {"secretString", "versionStages"}}
    assert ignored(rotated=False) == {"instance": frozenset(), "secret": {"versionStages"}}


def test_what_lies_in_another_region_is_made_by_its_provider_and_encrypted_with_its_key() -> None:
    def program() -> None:
        elsewhere = pulumi.ResourceOptions(provider=aws.Provider("elsewhere", region="eu-west-1"))
        primary = Database("it", database_args())
        BackupCopy(
            "copy",
            BackupCopyArgs(source_arn=primary.primary.arn, retention_days=7, kms_key_arn=KEY),
            elsewhere,
        )
        args = ReplicaDatabaseArgs(
            **{**INSTANCE, "kms_key_arn": KEY}, source_arn=primary.primary.arn, multi_az=True
        )
        ReplicaDatabase("far", args, elsewhere)

    recording = record(program)
    source = recording.one("rds/instance:Instance", "it")
    copy = recording.one("InstanceAutomatedBackupsReplication")
    replica = recording.one("rds/instance:Instance", "far")
    assert copy.inputs["sourceDbInstanceArn"] == replica.inputs["replicateSourceDb"]
    assert source.urn in copy.uses["sourceDbInstanceArn"]
    assert copy.inputs["kmsKeyId"] == replica.inputs["kmsKeyId"] == KEY
    assert replica.inputs["dbSubnetGroupName"] != source.inputs["dbSubnetGroupName"]
    assert "password" not in replica.inputs
    far = [it for it in recording.resources.values() if it.parent.endswith("::far") or it.name == "copy"]
    assert all("::elsewhere::" in it.provider for it in far if it.custom)
    assert "::elsewhere::" not in source.provider


def test_a_replica_in_another_region_needs_a_key_of_it() -> None:
    args = ReplicaDatabaseArgs(**{**INSTANCE, "kms_key_arn": None}, source_arn="arn", multi_az=False)
    with pytest.raises(ValueError, match="far: a replica in another region needs a KMS key of that region"):
        record(lambda: ReplicaDatabase("far", args))

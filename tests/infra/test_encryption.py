"""Whose key encrypts what, and that whoever reads it may use that key."""

from pathlib import Path
from typing import Any

from infra.tiers.region import GLOBAL
from scripts.evaluation.recorder import ACCOUNT, REGION, Recording, Registered
from tests.infra.stacks import EVERYTHING, evaluate

SECOND = "us-west-2"
WITHOUT = f"arn:aws:secretsmanager:{SECOND}:{ACCOUNT}:secret:"
"""Copies of secrets in the second region: AWS's own key encrypts them there."""

BY_OWN_KEY = {
    "cloudwatch/logGroup:LogGroup": "kmsKeyId",
    "elasticache/replicationGroup:ReplicationGroup": "kmsKeyId",
    "kinesis/stream:Stream": "kmsKeyId",
    "lambda/function:Function": "kmsKeyArn",
    "secretsmanager/secret:Secret": "kmsKeyId",
    "sns/topic:Topic": "kmsMasterKeyId",
}
"""Types of which every one is encrypted by the stack's own key, and where it says so."""

BY_S3 = {"edge-log", "media", "network-logs", f"network-logs-{SECOND}", "site"}
"""Buckets that S3's own key encrypts: services write to them or read them that cannot use another."""

READS = {
    "secretsmanager:GetSecretValue": "kms:Decrypt",
    "secretsmanager:PutSecretValue": "kms:GenerateDataKey",
    "s3:GetObject": "kms:Decrypt",
    "s3:PutObject": "kms:GenerateDataKey",
}
"""What one may do with encrypted things, and what it takes of their key."""


def statements(policy: Registered) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = policy.json("policy")["Statement"]
    return found


def of_the_key(key: Registered) -> dict[str, dict[str, Any]]:
    """The statements of a key's policy by their ids."""
    return {each["Sid"]: each for each in statements(key)}


def buckets(recording: Recording) -> dict[str, dict[str, Any]]:
    """How each bucket is encrypted."""
    return {
        it.name.removesuffix("-encryption"): it.inputs["rules"][0]["applyServerSideEncryptionByDefault"]
        for it in recording.of("BucketServerSideEncryptionConfiguration")
    }


def test_a_stack_with_a_key_encrypts_by_it_all_that_it_can_in_each_region(everything: Recording) -> None:
    keys = {
        everything.region(it): f"arn:aws:kms:{everything.region(it)}:{ACCOUNT}:{it.name}-1a2b3c4"
        for it in everything.of("kms/key:Key")
    }
    assert keys.keys() == {REGION, SECOND}
    for type_, key in BY_OWN_KEY.items():
        found = everything.of(type_)
        assert found, type_
        others = {it.name for it in found if it.inputs.get(key) != keys[everything.region(it)]}
        assert others == set(), type_
    own = {name for name, rule in buckets(everything).items() if "kmsMasterKeyId" in rule}
    assert own == {"artifacts", f"artifacts-{SECOND}", "lake"}
    assert buckets(everything).keys() - own == BY_S3


def test_a_stack_without_a_key_leaves_it_to_aws(prod: Recording) -> None:
    assert not prod.of("kms/key:Key")
    for type_, key in BY_OWN_KEY.items():
        if type_ != "kinesis/stream:Stream":  # it has to name AWS's
            assert not [it.name for it in prod.of(type_) if key in it.inputs], type_
    assert {rule["sseAlgorithm"] for rule in buckets(prod).values()} == {"AES256"}


def test_whoever_may_read_what_is_encrypted_may_use_the_key(everything: Recording) -> None:
    encrypted = (":secretsmanager:", "-artifacts-", "-lake-")
    seen = set()
    for policy in everything.of("iam/rolePolicy:RolePolicy"):
        granted = statements(policy)
        if all(WITHOUT in resource for each in granted for resource in each["Resource"]):
            continue
        with_key = {
            action
            for each in granted
            if any(resource.startswith("arn:aws:kms:") for resource in each["Resource"])
            for action in each["Action"]
        }
        for each in granted:
            concerned = any(name in resource for name in encrypted for resource in each["Resource"])
            for action in READS.keys() & set(each["Action"] if concerned else ()):
                seen.add(action)
                assert READS[action] in with_key, (policy.name, action)
    assert seen == READS.keys()


def test_services_use_the_key_for_this_account_alone(everything: Recording) -> None:
    policy = of_the_key(everything.one("kms/key:Key", "data"))
    assert policy.keys() == {"Administrators", "Messages", "Logs"}
    assert policy["Messages"]["Condition"] == {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
    assert policy["Logs"]["Principal"] == {"Service": f"logs.{REGION}.amazonaws.com"}
    groups = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:*"
    assert policy["Logs"]["Condition"] == {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": groups}}


def test_who_publishes_to_a_topic_may_use_its_key(everything: Recording) -> None:
    may = set(of_the_key(everything.one("kms/key:Key", "data"))["Messages"]["Principal"]["Service"])
    for topic in everything.of("sns/topicPolicy:TopicPolicy"):
        allowed = [each for each in statements(topic) if each["Effect"] == "Allow"]
        assert allowed
        assert {service for each in allowed for service in each["Principal"]["Service"]} <= may


def test_what_stands_in_cloudfronts_region_is_encrypted_by_a_key_there(dist: Path) -> None:
    recording = evaluate(EVERYTHING, dist, stack="far", region="eu-central-1")
    there = recording.one("kms/key:Key", "data-global")
    assert of_the_key(there)["Logs"]["Principal"] == {"Service": f"logs.{GLOBAL}.amazonaws.com"}
    used = {
        it.name: {urn.rpartition("::")[2] for urn in it.uses[key] if "kms/key:Key" in urn}
        for type_, key in BY_OWN_KEY.items()
        for it in recording.of(type_)
        if it.provider == there.provider
    }
    assert used == {"firewall-log": {"data-global"}, "edge-alarms": {"data-global"}}

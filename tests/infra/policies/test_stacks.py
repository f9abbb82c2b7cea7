"""What the program registers keeps every policy, on each stack; and what would break one is found there."""

from pathlib import Path

import pytest

from infra.policies.pack import POLICIES
from infra.policies.resource_types import BUCKET_POLICY, LOG_GROUP, QUEUE_POLICY
from infra.policies.storage import ACCESS_BLOCK, ENCRYPTION, LIFECYCLE, OWNERSHIP, VERSIONING
from scripts.evaluation.recorder import Recording, Unknowns
from tests.infra.conftest import Stacks
from tests.infra.policies.judging import Given, findings, registered
from tests.infra.stacks import EVERYTHING, PROD, SETTINGS, evaluate

WITHOUT_TLS = {"cache-tls", "database-tls"}
"""The local stack never reaches AWS, and the servers that stand in for it are built without TLS."""


def broken(resources: list[Given]) -> dict[str, list[tuple[str, str]]]:
    """The violations by policy."""
    found = {policy.name: findings(policy, resources) for policy in POLICIES}
    return {name: violations for name, violations in found.items() if violations}


@pytest.mark.parametrize("stack", [name for name in SETTINGS if name != "local"])
def test_every_stack_on_aws_keeps_every_policy(stacks: Stacks, stack: str) -> None:
    assert broken(registered(stacks.get(stack))) == {}


def test_the_local_stack_keeps_every_policy_but_those_on_tls(local: Recording) -> None:
    assert set(broken(registered(local))) == WITHOUT_TLS


def test_a_stack_far_from_cloudfronts_region_keeps_every_policy_in_both(dist: Path) -> None:
    recording = evaluate(EVERYTHING, dist, stack="prod", region="eu-central-1")
    assert broken(registered(recording)) == {}


def test_the_first_preview_of_a_stack_finds_nothing_that_the_update_does_not(dist: Path) -> None:
    preview = evaluate(PROD, dist, stack="prod", mocks=Unknowns())
    assert broken(registered(preview, created=False)) == {}


@pytest.mark.parametrize(
    ("removed", "policy"),
    [
        (ACCESS_BLOCK, "bucket-access-blocked"),
        (ENCRYPTION, "bucket-encrypted"),
        (BUCKET_POLICY, "bucket-tls-only"),
        (VERSIONING, "bucket-versioned"),
        (LIFECYCLE, "bucket-forgets"),
        (OWNERSHIP, "bucket-without-acls"),
        (QUEUE_POLICY, "queue-tls-only"),
        (LOG_GROUP, "function-log-group"),
        ("aws:sqs/redriveAllowPolicy:RedriveAllowPolicy", "dead-letters-from-known-queues"),
        ("aws:sns/topicSubscription:TopicSubscription", "alarms-heard"),
        ("aws:ec2/vpcEndpoint:VpcEndpoint", "vpc-gateway-endpoints"),
    ],
)
@pytest.mark.parametrize("created", [True, False], ids=["update", "preview"])
def test_what_a_stack_lacks_is_found(prod: Recording, removed: str, policy: str, *, created: bool) -> None:
    rest = [each for each in registered(prod, created=created) if each.type != removed]
    assert set(broken(rest)) == {policy}

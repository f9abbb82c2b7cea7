"""Each policy lets pass what keeps it, and says what is wrong with what does not."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from infra.policies.definition import ResourcePolicy, StackPolicy
from infra.policies.pack import AREAS, POLICIES
from tests.infra.policies.cases import compute, data, edge, events, identity, network, operations, storage
from tests.infra.policies.cases.case import Case, as_stack
from tests.infra.policies.judging import Given, findings

CASES: dict[str, Case] = {
    **network.CASES,
    **compute.CASES,
    **data.CASES,
    **storage.CASES,
    **events.CASES,
    **edge.CASES,
    **identity.CASES,
    **operations.CASES,
}
BY_NAME = {policy.name: policy for policy in POLICIES}
Policy = ResourcePolicy | StackPolicy

KEEPING = [
    pytest.param(BY_NAME[name], as_stack(resources), id=f"{name}-{number}")
    for name, case in CASES.items()
    for number, resources in enumerate(case.keeps, start=1)
]
BREAKING = [
    pytest.param(BY_NAME[name], message.strip(), as_stack(resources), id=f"{name}-{number}")
    for name, case in CASES.items()
    for number, (message, resources) in enumerate(case.breaks.items(), start=1)
]


def test_every_policy_is_tried_on_what_keeps_it_and_on_what_breaks_it() -> None:
    assert set(CASES) == set(BY_NAME)
    assert all(case.keeps and case.breaks for case in CASES.values())


@pytest.mark.parametrize(("policy", "resources"), KEEPING)
def test_what_keeps_a_policy_passes(policy: Policy, resources: Sequence[Given]) -> None:
    assert findings(policy, resources) == []


@pytest.mark.parametrize(("policy", "message", "resources"), BREAKING)
def test_what_breaks_a_policy_is_told_why(policy: Policy, message: str, resources: Sequence[Given]) -> None:
    assert findings(policy, resources) == [(resources[0].urn, message)]


@pytest.mark.parametrize(("policy", "message", "resources"), BREAKING)
def test_a_policy_on_production_leaves_other_stages_alone(
    policy: Policy, message: str, resources: Sequence[Given]
) -> None:
    tags = {"Project": "blueprint", "Stack": "dev", "Stage": "dev"}
    in_dev = [
        replace(each, provider={"defaultTags": {"tags": tags}}) if each.provider else each
        for each in resources
    ]
    wanted = [] if policy.definition.production else [message]
    assert [said for _, said in findings(policy, in_dev)] == wanted


@pytest.mark.parametrize(("policy", "message", "resources"), BREAKING)
def test_what_a_preview_does_not_know_stops_no_policy(
    policy: Policy, message: str, resources: Sequence[Given]
) -> None:
    """A property that is set but not known yet may still turn out well; one that is missing will not."""
    said = {found for _, found in findings(policy, [each.unknown() for each in resources])}
    assert said <= {message}


def test_there_are_at_least_forty_policies_with_names_of_their_own() -> None:
    assert len(BY_NAME) == len(POLICIES) >= 40


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.name)
def test_every_policy_says_why_it_exists_and_what_to_do(policy: Policy) -> None:
    for text in (policy.why, policy.definition.remedy):
        assert text[0].isupper()
        assert text.endswith(".")
    assert policy.description == f"{policy.why} Remedy: {policy.definition.remedy}"
    assert set(policy.tags or ()) < set(AREAS)

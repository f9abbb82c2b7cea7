"""The policies speak of types and properties that exist: the SDK of AWS knows every one."""

import importlib
import re
from collections.abc import Iterator, Mapping
from typing import Any, get_args

import pytest
from pulumi import _types as sdk

from infra.policies.operations import SUPERSEDED, TAGGED
from infra.policies.pack import POLICIES
from tests.infra.policies.cases.case import as_stack
from tests.infra.policies.test_policies import CASES

TYPES = sorted(type_ for policy in POLICIES for type_ in policy.definition.types if not type_.endswith(":"))
GIVEN = [
    each
    for case in CASES.values()
    for resources in (*case.keeps, *case.breaks.values())
    for each in as_stack(resources)
    if each.type.startswith("aws:")
]


def resource_class(type_: str) -> Any:
    """The SDK's class of `type_`, such as `aws:sqs/queue:Queue`."""
    _, module, name = type_.split(":")
    package = module.partition("/")[0]
    modules = importlib.import_module(f"pulumi_aws.{package}{'_' if package == 'lambda' else ''}")
    found = getattr(modules, name)
    assert found.pulumi_type == type_
    return found


def unknown_names(known: Mapping[str, Any], props: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """Paths of properties in `props` that the SDK's types do not have."""
    for key, value in props.items():
        if key not in known:
            yield f"{path}{key}"
            continue
        inner = next((each for each in (known[key], *get_args(known[key])) if is_group(each)), None)
        for each in value if isinstance(value, list) else [value]:
            if inner is not None and isinstance(each, Mapping):
                yield from unknown_names(sdk.output_type_types(inner), each, f"{path}{key}.")


def is_group(type_: Any) -> bool:
    return isinstance(type_, type) and sdk.is_output_type(type_)


@pytest.mark.parametrize("type_", dict.fromkeys(TYPES))
def test_every_type_that_is_judged_exists(type_: str) -> None:
    assert resource_class(type_)


@pytest.mark.parametrize("type_", sorted({each.type for each in GIVEN}))
def test_every_property_of_the_cases_exists(type_: str) -> None:
    known = sdk.resource_types(resource_class(type_))
    props = [each.props for each in GIVEN if each.type == type_]
    assert [name for each in props for name in unknown_names(known, each)] == []


@pytest.mark.parametrize("type_", TAGGED)
def test_everything_that_must_have_tags_can_have_them(type_: str) -> None:
    assert "tags" in sdk.resource_types(resource_class(type_))


def test_no_policy_judges_a_superseded_type() -> None:
    assert not [type_ for type_ in TYPES if type_.startswith(tuple(SUPERSEDED))]
    assert not [type_ for type_ in TYPES if re.search(r"V2:", type_)]

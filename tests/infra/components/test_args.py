"""Every argument of every component reaches a resource: none is accepted and dropped."""

import dataclasses
import functools
import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network

import pulumi_aws as aws
import pytest

import infra.components
from infra.components import artifacts, policy, provider_secret, routing, table_access
from scripts.evaluation.recorder import record
from tests.infra.components.examples import EXAMPLES
from tests.infra.components.examples.example import Change, Example


def changed(value: object) -> object:
    """Another value of the same kind."""
    match value:
        case bool():
            return not value
        case int() | float():
            return value + 1
        case str():
            return f"{value}-other"
        case IPv4Network():
            return IPv4Network("10.99.0.0/16")
        case dict():
            return {**value, "Other": "other"}
        case [first, *_]:
            return [*value, changed(first)]
        case _:
            raise TypeError(f"how does one change {value!r}?")


def registered(example: Example, changes: Mapping[str, Change]) -> set[str]:
    """Everything that the example registers, with these of its arguments changed."""

    def program() -> None:
        args = example.args()
        others = {name: change(getattr(args, name)) for name, change in changes.items()}
        example.make(dataclasses.replace(args, **others))

    found = record(program).resources.values()
    options = [(it.dependencies, it.protect, it.ignores, it.provider) for it in found]
    inputs = [(it.type, it.name, sorted(it.inputs.items())) for it in found]
    return {repr(each) for each in zip(inputs, options, strict=True)}


@functools.cache
def unchanged(cls: type) -> frozenset[str]:
    """Everything that the example of `cls` registers as it stands."""
    return frozenset(registered(EXAMPLES[cls], {}))


CASES = [(cls, field.name) for cls in EXAMPLES for field in dataclasses.fields(cls)]


@pytest.mark.parametrize(("cls", "name"), CASES, ids=[f"{cls.__name__}.{name}" for cls, name in CASES])
def test_every_argument_reaches_a_resource(cls: type, name: str) -> None:
    example = EXAMPLES[cls]
    change = example.changes.get(name, changed)
    assert registered(example, {name: change}) != unchanged(cls), f"{cls.__name__}.{name} changes nothing"


def test_no_arguments_class_lacks_an_example() -> None:
    """Whatever a component takes by a dataclass of this package; what it only hands out needs none."""
    modules = [
        importlib.import_module(f"{infra.components.__name__}.{found.name}")
        for found in pkgutil.iter_modules(infra.components.__path__)
    ]
    classes = {
        value
        for module in modules
        for value in vars(module).values()
        if isinstance(value, type) and dataclasses.is_dataclass(value) and value.__module__ == module.__name__
    }
    handed_out = {
        artifacts.Artifact,
        policy.Role,
        provider_secret.Readable,
        routing.PathRule,
        table_access.Access,
    }
    assert classes - handed_out == EXAMPLES.keys()


def test_arguments_are_frozen_and_by_keyword_only() -> None:
    for cls in EXAMPLES:
        parameters_of_cls = cls.__dataclass_params__  # type: ignore[attr-defined] # of every dataclass
        assert parameters_of_cls.frozen, cls
        assert all(field.kw_only for field in dataclasses.fields(cls)), cls


def test_an_example_that_ignores_an_argument_would_be_noticed() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Args:
        used: str = "a"
        dropped: str = "b"

    example = Example(make=lambda args: aws.sns.Topic("t", name=args.used), args=Args)
    assert registered(example, {"used": changed}) != registered(example, {})
    assert registered(example, {"dropped": changed}) == registered(example, {})

"""Presets: full sets of values, on which a stack builds."""

import pytest

from infra.reference import ENTRY, leaves
from infra.settings import Settings
from infra.settings.presets import PRESETS, Preset, merged, values
from tests.infra.stacks import DEV, parse

SCHEMA = Settings.model_json_schema()


def anonymous(path: tuple[str, ...]) -> tuple[str, ...]:
    """The path with the placeholder that the reference has for the name of an entry."""
    group = {known[0] for known, _ in leaves(SCHEMA, SCHEMA) if ENTRY in known}
    return (path[0], ENTRY, *path[2:]) if len(path) > 2 and path[0] in group else path


def keys(preset: Preset) -> set[tuple[str, ...]]:
    """The path of every setting that the preset sets."""

    def below(value: object, path: tuple[str, ...]) -> set[tuple[str, ...]]:
        own = {anonymous(path)} & leaf_paths
        if (own and path != ("services",)) or not isinstance(value, dict):
            return own or {path}
        return own | {found for name, inner in value.items() for found in below(inner, (*path, name))}

    leaf_paths = {path for path, _ in leaves(SCHEMA, SCHEMA)}
    return below(dict(values(preset)), ())


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_sets_whatever_has_no_default_and_nothing_that_is_the_owners(preset: Preset) -> None:
    owners = {("project",), ("stack",), ("region",), ("preset",), ("stage",)}
    single = {path: field for path, field in leaves(SCHEMA, SCHEMA) if ENTRY not in path}
    wanted = {path for path, field in single.items() if "default" not in field}
    assert {path for path in keys(preset) if ENTRY not in path} == wanted - owners


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_stands_by_itself(preset: Preset) -> None:
    assert parse({**DEV, "preset": preset}).preset == preset


def test_a_stack_overrides_a_preset_key_by_key() -> None:
    single = parse(DEV)
    other = parse({**DEV, "database": {"replicas": 2}})
    assert other.database.replicas == 2
    assert other.database.model_copy(update={"replicas": 0}) == single.database


def test_groups_are_merged_and_everything_else_is_replaced() -> None:
    below = {"a": {"b": 1, "c": [1, 2]}, "d": 1}
    assert merged(below, {"a": {"c": [3]}, "e": 5}) == {"a": {"b": 1, "c": [3]}, "d": 1, "e": 5}
    assert merged(below, {"a": None}) == {"a": None, "d": 1}
    assert below == {"a": {"b": 1, "c": [1, 2]}, "d": 1}

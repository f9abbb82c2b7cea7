"""What the settings of instances and functions forbid each other, and in which words."""

from typing import Any

import pytest

from tests.infra.stacks import DEV, parse, refusal

PROBLEMS: list[tuple[dict[str, Any], str, str]] = [
    (
        {"fleet": {"instance_type": "t3.small"}},
        "fleet.instance_type is 't3.small'; allowed: a type with arm64 processors.",
        "Choose another type, or set architecture to x86_64.",
    ),
    (
        {"architecture": "x86_64"},
        "fleet.instance_type is 't4g.small'; allowed: a type with x86_64 processors.",
        "Choose another type, or set architecture to arm64.",
    ),
    (
        {"artifacts": "local"},
        "artifacts is 'local'; allowed: arm64.",
        "Artifacts built for this machine run only where `emulator` is true.",
    ),
    (
        {"artifacts": "x86_64"},
        "artifacts is 'x86_64'; allowed: arm64.",
        "Leave it unset, or change architecture too.",
    ),
    (
        {"fleet": {"min_size": 5, "max_size": 2}},
        "fleet.min_size is 5; allowed: at most fleet.max_size, 2.",
        "Lower it or raise fleet.max_size.",
    ),
]


@pytest.mark.parametrize(("config", "claim", "remedy"), PROBLEMS)
def test_settings_that_forbid_each_other_are_refused(config: dict[str, Any], claim: str, remedy: str) -> None:
    assert f"- blueprint:{claim} {remedy}" in refusal(DEV | config).splitlines()


@pytest.mark.parametrize(
    "instance_type", ["t4g.small", "m7gd.large", "c8gn.metal-24xl", "is4gen.large", "a1.large"]
)
def test_arm_instance_types_are_known_by_their_names(instance_type: str) -> None:
    assert parse(DEV | {"fleet": {"instance_type": instance_type}}).architecture == "arm64"


@pytest.mark.parametrize(
    "instance_type", ["t3.small", "g5.xlarge", "m7i-flex.large", "c7a.large", "p4d.24xlarge"]
)
def test_other_instance_types_are_taken_for_x86(instance_type: str) -> None:
    config = DEV | {"architecture": "x86_64", "fleet": {"instance_type": instance_type}}
    assert parse(config).fleet.instance_type == instance_type

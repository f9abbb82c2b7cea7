"""What the settings of tables forbid each other, and in which words."""

from typing import Any

import pytest

from tests.infra.stacks import DEV, refusal

PROBLEMS: list[tuple[dict[str, Any], str, str]] = [
    (
        {"tables": {"replicated": True}},
        "tables.replicated is True; allowed: false where second_region.code is unset.",
        "Name the region that has the tables too, or set tables.replicated to false.",
    ),
]


@pytest.mark.parametrize(("config", "claim", "remedy"), PROBLEMS)
def test_settings_that_forbid_each_other_are_refused(config: dict[str, Any], claim: str, remedy: str) -> None:
    assert f"- blueprint:{claim} {remedy}" in refusal(DEV | config).splitlines()

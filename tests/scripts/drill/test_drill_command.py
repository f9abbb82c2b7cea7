"""What a user of `blueprint drill` can do wrong is one message with its remedy."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from scripts.cli import app
from scripts.drill.errors import DrillError


@pytest.mark.parametrize("drill", ["events", "failover", "scaling"])
def test_a_folder_in_which_nothing_runs_says_how_to_start_a_stack(drill: str, tmp_path: Path) -> None:
    with pytest.raises(DrillError, match=r"no local stack runs in .*make up"):
        CliRunner().invoke(app, ["drill", drill, "--state", str(tmp_path)], catch_exceptions=False)


def test_too_few_orders_are_refused_with_what_is_allowed() -> None:
    result = CliRunner().invoke(app, ["drill", "events", "--orders", "3"])

    assert result.exit_code == 2
    assert "greater than or equal to 10" in result.output

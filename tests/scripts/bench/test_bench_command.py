"""`blueprint bench`: what it prints of the figures."""

import sys
from types import ModuleType

import pytest
from typer.testing import CliRunner

from scripts.bench import Figure, Goal, cli
from scripts.cli import app


def test_a_figure_is_shown_with_numbers_that_people_read_and_where_its_picture_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    goal = Goal(limit=5, of="value")
    figure = Figure(
        name="sold", unit="cups", samples=[22_080.0], goal=goal, parts={"red": 0.25}, picture="dist/sold"
    )
    module = ModuleType("measured")
    module.measure = lambda: [figure]  # type: ignore[attr-defined] # as every benchmark's module has one
    monkeypatch.setitem(sys.modules, "measured", module)
    monkeypatch.setitem(cli.BENCHMARKS, "sold", "measured")

    said = CliRunner().invoke(app, ["bench", "sold"]).stdout

    assert "22,080 cups" in said
    assert "0.25" in said
    assert "sold is drawn in dist/sold.png and .svg" in said

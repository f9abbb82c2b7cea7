"""What a drill of failovers says of what it saw."""

from dataclasses import replace

from rich.console import Console

from scripts.drill import report
from scripts.drill.failover import Outcome, Promotion, Replacement, Takeover, longest_gap

OUTCOME = Outcome(
    takeover=Takeover(fault="freeze", acknowledged=50, refused_seconds=8.25, lost=[]),
    promotion=Promotion(acknowledged=40, meanwhile=20, missing=["a", "b"]),
    replacement=Replacement(acknowledged=60, failed_under_way=3, failed_later=1, seconds=2.5, lost=[]),
)


def shown(outcome: Outcome) -> str:
    console = Console(width=250)
    with console.capture() as captured:
        console.print(report.failover_table(outcome))
    return captured.get()


def test_orders_are_refused_from_the_last_one_taken_before_a_failure_until_the_next() -> None:
    assert longest_gap(orders_at=[1.0, 2.0, 9.5, 10.0], since=3.0) == 7.5
    assert longest_gap(orders_at=[0.0, 8.0, 9.0, 9.5], since=8.5) == 1.0
    assert longest_gap(orders_at=[], since=1.0) == 0.0


def test_each_figure_is_shown_and_a_request_that_was_under_way_may_fail() -> None:
    text = shown(OUTCOME)

    for figure in ("8.2", "0 of 50", "2 of 20", "2.5", "0 of 60"):
        assert figure in text
    assert [line.split()[-2] for line in text.splitlines() if "beyond those under way" in line] == ["1"]


def test_only_what_was_promised_decides_whether_it_holds() -> None:
    assert OUTCOME.holds
    assert report.failover_document(OUTCOME)["holds"] is True

    lost = replace(OUTCOME, takeover=replace(OUTCOME.takeover, lost=["c"]))

    assert not lost.holds
    assert report.failover_summary(lost) == "Acknowledged orders are lost: c"

"""What a drill of the load step says of what it saw."""

from rich.console import Console

from scripts.drill.scaling import Outcome, Row, reachable, summary, table


def row(second: float, **seen: float | None) -> Row:
    told = {"visitors": 200, "requests": 180.0, "p95": 40.0, "desired": 2, "healthy": 2, "cpu": 30.0}
    return Row(second=second, failures=0, **{**told, **seen})  # type: ignore[arg-type] # as a row has them


ROWS = [
    row(-6, visitors=50, p95=20.0),
    row(-1, visitors=50, p95=30.0),
    row(0, p95=50.0, cpu=95.0),
    row(1, p95=90.0),
    row(16, desired=4, p95=80.0),
    row(25, desired=4, healthy=4, p95=60.0),
    row(45, desired=4, healthy=4, p95=25.0),
]
OUTCOME = Outcome(target=60.0, rows=ROWS, decided=16.0, served=25.0)


def test_it_says_after_how_many_periods_the_group_scaled_out_and_the_latency_of_each_phase() -> None:
    scaled, served, latency = summary(OUTCOME)
    assert scaled.startswith(
        "Scaled out 16 s after the step: 3.2 periods of 5 s, which are 3.2 minutes at AWS."
    )
    assert served == "All served after 25 s."
    assert latency == "p95: 30 ms before, 90 ms during, 25 ms after."


def test_a_group_that_stays_as_it_is_says_how_far_it_was_from_its_target() -> None:
    (line,) = summary(Outcome(target=60.0, rows=ROWS[:2], decided=None, served=None))
    assert line.startswith("The group did not scale out: its CPU was at most 30 %, its target is 60 %.")


def test_the_table_has_a_row_for_each_period() -> None:
    console = Console(width=250)
    with console.capture() as captured:
        console.print(table(OUTCOME))
    seconds = [line.split()[0] for line in captured.get().splitlines()[1:]]
    assert seconds == ["-6", "-1", "+16", "+25", "+45"]


def test_a_target_is_lowered_where_the_step_is_no_burst() -> None:
    assert reachable(25.0, target=60.0, limit=80.0) == 60.0
    assert reachable(20.0, target=60.0, limit=80.0) == 24.0
    assert reachable(0.0, target=60.0, limit=80.0) == 1.0

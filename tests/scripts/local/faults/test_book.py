"""Faults that were asked for, and what became of them."""

from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from scripts.cli import app
from scripts.local.faults.book import Book, Fault, FaultError


def test_a_fault_is_over_once_it_has_lasted_as_long_as_it_was_to() -> None:
    fault = Fault(id="1", kind="freeze", target="shop", seconds=30)

    assert not fault.is_over(1e12)
    begun = replace(fault, begun_at=100.0)
    assert (begun.is_over(129.9), begun.is_over(130.0)) == (False, True)


def test_all_are_to_end_now_when_they_are_healed(tmp_path: Path) -> None:
    book = Book(tmp_path)
    for target in ("a", "b"):
        fault = book.ask("freeze", target, 30)
        book.write(replace(fault, begun_at=100.0))

    assert book.heal() == 2
    assert all(fault.is_over(100.0) for fault in book.faults())


@pytest.mark.parametrize("seconds", [-1.0, 601.0])
def test_a_fault_that_would_not_end_soon_is_refused(tmp_path: Path, seconds: float) -> None:
    with pytest.raises(FaultError, match="lasts up to 600 seconds"):
        Book(tmp_path).ask("freeze", "shop", seconds)


def test_a_problem_is_told_to_who_asked_and_then_forgotten(tmp_path: Path) -> None:
    book = Book(tmp_path)
    fault = book.ask("kill", "nobody", 0)
    book.write(replace(fault, problem="There is no nobody."))

    with pytest.raises(FaultError, match="There is no nobody"):
        book.await_begin(fault)
    assert book.faults() == []


def test_where_nothing_runs_it_says_so_and_leaves_nothing_behind(tmp_path: Path) -> None:
    book = Book(tmp_path)
    with pytest.raises(FaultError, match="make up"):
        book.await_begin(book.ask("kill", "shop", 0), patience=0.0)
    assert book.faults() == []


def test_the_command_lists_what_goes_on_and_heals_it(tmp_path: Path) -> None:
    book = Book(tmp_path)
    fault = book.ask("refuse", "sqs", 30)
    book.write(replace(fault, begun_at=1e12))

    listed = CliRunner().invoke(app, ["local", "fault", "list", "--state", str(tmp_path)])
    healed = CliRunner().invoke(app, ["local", "fault", "heal", "--state", str(tmp_path)])
    book.remove(fault.id)
    nothing = CliRunner().invoke(app, ["local", "fault", "list", "--state", str(tmp_path)])

    assert "refuse" in listed.stdout
    assert "sqs" in listed.stdout
    assert "1 are ended" in healed.stdout
    assert "Nothing is broken" in nothing.stdout

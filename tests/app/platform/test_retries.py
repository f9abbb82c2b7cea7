"""Who failed is left alone: longer with each failure, and no two for the same time."""

import pytest

from app.platform import retries
from app.platform.retries import Backoff, pause_after


def test_pauses_grow_with_the_failures_and_end_at_a_limit() -> None:
    assert all(0 <= pause_after(1) <= 0.5 for _ in range(50))
    assert max(pause_after(4) for _ in range(200)) > 2
    assert all(pause_after(100_000) <= 5 for _ in range(50))


def test_pauses_are_spread() -> None:
    assert len({pause_after(3) for _ in range(50)}) > 40


def test_each_thing_waits_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    asked: list[int] = []

    def pause(failures: int) -> float:
        asked.append(failures)
        return float(failures)

    monkeypatch.setattr(retries, "pause_after", pause)
    backoff: Backoff[str] = Backoff(lambda: now)
    for key in ("a", "a", "b"):
        backoff.failed(key)
    assert asked == [1, 2, 1]
    assert sorted(backoff.waiting()) == ["a", "b"]

    now = 101.0
    assert backoff.waiting() == ["a"]
    assert (backoff.waits("a"), backoff.waits("b"), backoff.waits("c")) == (True, False, False)
    now = 102.0
    assert backoff.waiting() == []

    backoff.failed("a")
    backoff.succeeded("b")
    backoff.failed("b")
    assert asked == [1, 2, 1, 3, 1]
    backoff.succeeded("a")
    assert backoff.waiting() == ["b"]

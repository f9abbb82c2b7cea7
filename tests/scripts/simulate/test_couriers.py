"""Simulated couriers: where they go, how they report, and what a user is told."""

import json
import math
from pathlib import Path

import pytest

from scripts.simulate.couriers import DEGREE, SPEED, Courier
from scripts.simulate.errors import SimulationError
from tests.scripts.command import Command

simulate = Command("simulate", SimulationError)


def test_a_courier_goes_as_fast_as_a_bicycle_and_says_where() -> None:
    courier = Courier("c-1", latitude=52.5, longitude=13.4)

    courier.move(2)

    north = (courier.latitude - 52.5) * DEGREE
    east = (courier.longitude - 13.4) * DEGREE * math.cos(math.radians(52.5))
    assert math.hypot(north, east) == pytest.approx(2 * SPEED, rel=0.01)
    said = json.loads(courier.message())
    assert said["type"] == "positions"
    assert said["positions"][0]["latitude"] == pytest.approx(courier.latitude, abs=1e-6)


@pytest.mark.parametrize("every", ["soon", "0.01s", "2h"])
def test_a_time_that_is_none_is_refused(every: str, tmp_path: Path) -> None:
    said = simulate.refusal("couriers", "--every", every, "--state", str(tmp_path))
    assert said == f"--every '{every}' is no time from 0.1s to 3600s, such as 2s."


def test_without_a_stack_one_is_told_how_to_get_one(tmp_path: Path) -> None:
    assert "make up" in simulate.refusal("couriers", "--state", str(tmp_path))


def test_a_shop_that_does_not_answer_is_named(tmp_path: Path) -> None:
    said = simulate.refusal("couriers", "--url", "http://127.0.0.1:1", "--state", str(tmp_path))
    assert said.startswith("http://127.0.0.1:1 does not answer")

"""Health checks: what a target is after each, and why it failed."""

from typing import Any

import pytest

from scripts.local.runtime.balancers.deployed import HealthCheck
from scripts.local.runtime.balancers.health import Failure, TargetHealth, matches, probe
from tests.scripts.local.runtime import backend
from tests.waiting import PATIENCE


def check(**changes: Any) -> HealthCheck:
    settings = {
        "enabled": True,
        "path": "/live",
        "interval": 5.0,
        "timeout": PATIENCE,
        "healthy_threshold": 3,
        "unhealthy_threshold": 2,
        "matcher": "200",
    }
    return HealthCheck(**{**settings, **changes})


def test_a_target_changes_its_state_by_the_thresholds_and_a_new_one_by_its_first_good_check() -> None:
    health = TargetHealth(check())
    results = ["refused", "refused", "", "", "500", "", "500", "500", "", "", "500", "", "", ""]
    states = []
    for failure in results:
        health.observe(Failure(failure, "Target.FailedHealthChecks", "") if failure else None)
        states.append(health.state)
    assert states == ["initial"] * 2 + ["healthy"] * 5 + ["unhealthy"] * 6 + ["healthy"]


async def test_a_check_says_what_failed() -> None:
    with backend.running("shop") as shop:
        shop.statuses["/live"] = 503
        shop.slow["/slow"] = 1.0
        assert await probe(check(), shop.address) == Failure(
            "GET /live: status 503",
            "Target.ResponseCodeMismatch",
            "Health checks failed with these codes: [503]",
        )
        assert await probe(check(path="/fine"), shop.address) is None
        assert await probe(check(path="/slow", timeout=0.2), shop.address) == Failure(
            "GET /slow: no answer within 0.2 s", "Target.Timeout", "Request timed out"
        )
    assert await probe(check(), shop.address) == Failure(
        "GET /live: Connection refused", "Target.FailedHealthChecks", "Health checks failed"
    )


@pytest.mark.parametrize(
    ("matcher", "status", "expected"),
    [("200", 200, True), ("200,204", 204, True), ("200-399", 302, True), ("200-399", 400, False)],
)
def test_a_matcher_is_a_list_of_statuses_and_ranges(matcher: str, status: int, expected: bool) -> None:  # noqa: FBT001
    assert matches(matcher, status) is expected

"""Nothing is lost and nothing done twice while consumers, the relay's leader and AWS fail."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

from tests.e2e.conditions import eventually
from tests.e2e.conftest import BLUEPRINT, COMMAND_DEADLINE, ROOT

if TYPE_CHECKING:
    from tests.e2e.conftest import Stack

ORDERS = 150
KINDS = {
    "crash",
    "duplicate",
    "hold back",
    "leader killed",
    "poison",
    "stand still",
    "throttle",
}


def test_the_books_balance_after_every_kind_of_fault(stack: Stack) -> None:
    eventually(lambda: stack.status()["healthy"], "all is healthy")
    command = [*BLUEPRINT, "drill", "events", "--orders", str(ORDERS), "--json", "--state", str(stack.state)]

    result = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=COMMAND_DEADLINE
    )

    assert result.returncode == 0, f"{result.stderr}\n{result.stdout}"
    outcome = json.loads(result.stdout)
    assert outcome["balances"] is True
    assert outcome["orders"] == ORDERS
    assert outcome["faults"].keys() == KINDS
    assert sum(outcome["refused"].values()) > 0
    assert "the relay's leader is killed: process" in result.stderr
    assert [check["promise"] for check in outcome["checks"] if not check["holds"]] == []

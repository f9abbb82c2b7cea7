"""What was acknowledged outlives a primary with a standby; a late replica shows what it lacks."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

from tests.e2e.conditions import eventually
from tests.e2e.conftest import BLUEPRINT, COMMAND_DEADLINE, ROOT

if TYPE_CHECKING:
    from tests.e2e.conftest import Stack


def test_no_acknowledged_order_is_lost_in_a_failover_and_the_loss_of_a_late_replica_is_told(
    stack: Stack,
) -> None:
    eventually(lambda: stack.status()["healthy"], "all is healthy")
    command = [*BLUEPRINT, "drill", "failover", "--json", "--state", str(stack.state)]

    result = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=COMMAND_DEADLINE
    )

    assert result.returncode == 0, f"{result.stderr}\n{result.stdout}"
    outcome = json.loads(result.stdout)
    assert outcome["holds"] is True
    assert outcome["takeover"]["acknowledged"] >= 40
    assert outcome["takeover"]["lost"] == outcome["replacement"]["lost"] == []
    promotion = outcome["promotion"]
    assert 0 < len(promotion["missing"]) <= promotion["meanwhile"]
    eventually(lambda: "database-drill-replica" not in processes(stack), "the replica of the drill is gone")
    eventually(lambda: stack.status()["healthy"], "all is healthy again")


def processes(stack: Stack) -> set[str]:
    """Return the names of what runs."""
    return {process["name"] for process in stack.status()["processes"]}

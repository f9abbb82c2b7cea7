"""What the runtime tells about itself: `<state>/status.json`."""

import json
import os
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from scripts.local.runtime.supervisor import ProcessStatus

FILE = "status.json"


@dataclass(frozen=True, kw_only=True)
class ControllerStatus:
    """What a controller's last reconciliation came to; `detail` says what it waits for or what failed.

    It saw AWS as it was at `seen_at` (seconds since the epoch) or later.
    """

    name: str
    healthy: bool
    detail: str
    seen_at: float


def write(
    state: Path,
    *,
    addresses: Mapping[str, str],
    processes: list[ProcessStatus],
    controllers: list[ControllerStatus],
) -> bool:
    """Write the status file, never half of it, and return whether all is healthy.

    All is healthy when every controller and every process is, and there is a process at all. `seen_at` is the
    moment since which everything in the file was seen: a deployment that ended before it is fully in it.
    """
    healthy = (
        bool(processes)
        and all(process.healthy for process in processes)
        and all(controller.healthy for controller in controllers)
    )
    document = {
        "healthy": healthy,
        "addresses": dict(addresses),
        "processes": [asdict(process) for process in processes],
        "controllers": [asdict(controller) for controller in controllers],
        "pid": os.getpid(),
        "updated_at": time.time(),
        "seen_at": min((controller.seen_at for controller in controllers), default=0.0),
    }
    partial = state / f"{FILE}.partial"
    partial.write_text(json.dumps(document, indent=1), encoding="utf-8")
    partial.replace(state / FILE)
    return healthy


def remove(state: Path) -> None:
    """Remove the status file: nothing runs any more."""
    (state / FILE).unlink(missing_ok=True)

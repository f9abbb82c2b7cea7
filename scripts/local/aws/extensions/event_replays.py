"""EventBridge: a replay is of a window of time, and for the rules that it names.

Needed for moto 5.2.5, which replays all that an archive has, to every rule of the bus.
"""

import uuid
from typing import Any

from moto.core.utils import unix_time
from moto.events.models import Archive, Replay, ReplayState, events_backends


def install() -> None:
    """Have replays keep to what they were asked for."""
    Replay.replay_events = _replay  # type: ignore[method-assign]


def _replay(self: Replay, archive: Archive) -> None:
    bus = events_backends[self.account_id][self.region].describe_event_bus(
        self.destination["Arn"].split("/")[-1]
    )
    named = self.destination.get("FilterArns")
    rules = [rule for rule in bus.rules.values() if not named or rule.arn in named]
    start, end = float(self.event_start_time), float(self.event_end_time)
    for event in [event for event in archive.events if start <= float(event["time"]) < end]:
        again: Any = {**event, "id": str(uuid.uuid4()), "replay-name": self.name}
        for rule in rules:
            rule.send_to_targets(again.copy(), transform_input=False)
    self.state = ReplayState.COMPLETED
    self.end_time = unix_time()

"""What happens in the local cloud, told in plain words: `<state>/timeline.jsonl`, a line an event."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

FILE = "timeline.jsonl"
# Seconds between two looks of someone who follows.
POLL = 0.5

Kind = Literal["deploy", "fault", "health", "refresh", "scaling"]


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened at a `time` (seconds since the epoch) to a `subject`, such as a group."""

    time: float
    kind: Kind
    subject: str
    sentence: str


class Timeline:
    """The timeline of a state folder. Events are only ever added; several processes may do so."""

    def __init__(self, state: Path) -> None:
        self._path = state / FILE

    def tell(self, kind: Kind, subject: str, sentence: str) -> None:
        """Add what has just happened."""
        event = Event(time=time.time(), kind=kind, subject=subject, sentence=sentence)
        with self._path.open("a", encoding="utf-8") as file:  # one write a line, so that none is torn
            file.write(json.dumps(asdict(event)) + "\n")

    def events(self) -> list[Event]:
        """Return everything that was told, the oldest first."""
        if not self._path.exists():
            return []
        lines = self._path.read_text(encoding="utf-8").splitlines()
        return [Event(**json.loads(line)) for line in lines]

    def follow(self, seen: int) -> Iterator[Event]:
        """Give each event after the first `seen`, as it is told, for ever."""
        while True:
            events = self.events()
            yield from events[seen:]
            seen = len(events)  # a timeline that was begun anew is followed from its beginning
            time.sleep(POLL)


def print_event(event: Event) -> None:
    """Print an event for people, at the time of their clock."""
    at = time.strftime("%H:%M:%S", time.localtime(event.time))
    sys.stdout.write(f"{at}  {event.kind:<8} {event.sentence}\n")


def print_event_as_json(event: Event) -> None:
    """Print an event as a line of JSON."""
    sys.stdout.write(json.dumps(asdict(event)) + "\n")


def follow_timeline(timeline: Timeline, seen: int, show: Callable[[Event], None]) -> None:
    """Show each event after the first `seen` as it is told, until the user interrupts."""
    try:
        for event in timeline.follow(seen):
            show(event)
            sys.stdout.flush()
    except KeyboardInterrupt:
        return

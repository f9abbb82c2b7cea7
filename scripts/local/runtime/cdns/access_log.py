"""The lines that a CDN's nginx writes, one for each request."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from scripts.local.runtime.logs import NewLines

FORMAT = '$time_iso8601 "$request" $status $bytes_sent $request_time $cdn_result'
LINE = re.compile(
    r'\S+ "(?P<method>\w*)[^"]*" (?P<status>\d{3}) (?P<sent>\d+) (?P<seconds>[\d.]+) (?P<result>\w+)'
)
FROM_HERE = frozenset({"Hit", "RefreshHit"})


class Served(NamedTuple):
    """What became of a request; `result` is CloudFront's word for where the answer came from.

    `method` is "" where a request had none; `sent` are bytes, with those of the headers.
    """

    method: str
    status: int
    sent: int
    seconds: float
    result: str

    @property
    def is_hit(self) -> bool:
        """Whether the edge had the answer, though it may have asked whether that is still good."""
        return self.result in FROM_HERE


def parse(line: str) -> Served | None:
    """Return what a line tells, None for one that is no request: nginx's own messages stand between."""
    match = LINE.fullmatch(line)
    if match is None:
        return None
    return Served(
        method=match["method"],
        status=int(match["status"]),
        sent=int(match["sent"]),
        seconds=float(match["seconds"]),
        result=match["result"],
    )


class AccessLog:
    """Reads the requests that are logged from now on, each once."""

    def __init__(self, path: Path) -> None:
        self._lines = NewLines(path)

    def read(self) -> Iterator[Served]:
        """Give the requests since the last time."""
        return filter(None, map(parse, self._lines.read()))

"""The lines that a CDN's nginx writes, one for each request: `configuration` has their format."""

import re
from typing import NamedTuple

LINE = re.compile(r'\S+ "[^"]*" (?P<status>\d{3}) \d+ (?P<seconds>[\d.]+) (?P<result>\w+)')
FROM_HERE = frozenset({"Hit", "RefreshHit"})


class Served(NamedTuple):
    """What became of a request; `result` is CloudFront's word for where the answer came from."""

    status: int
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
    return Served(int(match["status"]), float(match["seconds"]), match["result"])

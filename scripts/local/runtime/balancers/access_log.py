"""The access log of a load balancer, line by line as Elastic Load Balancing writes it.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from scripts.local.runtime.logs import NewLines
from scripts.local.runtime.servers.nginx_syntax import mapping


def _last(source: str, variable: str, pattern: str, default: str = "-") -> str:
    """Return the map to the last of a list: a request that was tried elsewhere has one of each."""
    return mapping(source, variable, {f'"~(?<{variable}_last>{pattern})$"': f"${variable}_last"}, default)


MAPS = "\n".join(
    [
        _last("$upstream_addr", "alb_target", r"[^ ,]+"),
        _last("$upstream_header_time", "alb_seconds", r"[\d.]+", default="-1"),
        mapping(  # nginx gives a target that did not answer a status of its own
            '"$alb_seconds $upstream_status"',
            "alb_target_status",
            {'"~^-1 "': "-", r'"~(?<alb_last_status>\d+)$"': "$alb_last_status"},
            default="-",
        ),
        mapping("$websocket", "alb_type", {"websocket": "ws"}, default="http"),
        mapping("$upstream_addr", "alb_received", {'""': "-1"}, "0.000"),
        mapping("$alb_seconds", "alb_answered", {"-1": "-1"}, "0.000"),
        mapping("$status", "alb_status", {"499": "460"}, "$status"),  # the client left before the answer
    ]
)
# Times that nginx does not take apart, of receiving a request and of beginning an answer, count as none.
FIELDS = (
    "$alb_type $time_iso8601 {balancer} $remote_addr:$remote_port $alb_target $alb_received $alb_seconds"
    " $alb_answered $alb_status $alb_target_status $request_length $bytes_sent"
    ' "$request_method $scheme://$host:$server_port$request_uri $server_protocol" "$http_user_agent" - -'
    ' ${server}_arn "$alb_trace" "-" "-" ${server}_priority $time_iso8601 "${server}_action"'
    ' "$sent_http_location" "-" "$upstream_addr" "$upstream_status" "-" "-" -'
)
LINE = re.compile(
    r"(?:http|ws) \S+ \S+ \S+ (?P<target>\S+) \S+ (?P<seconds>-1|[\d.]+) \S+ (?P<status>\d{3})"
    r' (?P<target_status>-|\d{3}) \d+ \d+ "[^"]*" "[^"]*" \S+ \S+ (?P<group>\S+) '
)


class Answered(NamedTuple):
    """What became of a request.

    `group` is the ARN of the target group, "" where no rule forwarded it; `target` is the `host:port` of who
    was asked last, "" for nobody; `target_status` is None, and `seconds` until the target's answer began too,
    where no target answered.
    """

    status: int
    group: str
    target_status: int | None
    seconds: float | None
    target: str = ""


def log_format(balancer: str, server: str) -> str:
    """Return the directive that names a listener's format after it.

    `balancer` is what its load balancer is called in logs (`app/NAME/ID`), `server` the name of the
    listener, after which the variables are called that tell target group (`_arn`), `_priority` and `_action`.
    """
    fields = FIELDS.replace("{balancer}", balancer).replace("{server}", server)
    return f"log_format {server} '{fields}';"


def parse(line: str) -> Answered | None:
    """Return what a line tells, None for one that is no request: nginx's own messages stand between."""
    match = LINE.match(line)
    if match is None:
        return None
    group = match["group"]
    answered = match["target_status"] != "-" and match["seconds"] != "-1"
    return Answered(
        status=int(match["status"]),
        group="" if group == "-" else group,
        target_status=int(match["target_status"]) if answered else None,
        seconds=float(match["seconds"]) if answered else None,
        target="" if match["target"] == "-" else match["target"],
    )


class AccessLog:
    """Reads the requests that are logged from now on, each once."""

    def __init__(self, path: Path) -> None:
        self._lines = NewLines(path)

    def read(self) -> Iterator[Answered]:
        """Give the requests since the last time."""
        for line in self._lines.read():
            answered = parse(line)
            if answered is not None:
                yield answered

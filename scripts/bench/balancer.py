"""`balancer`: what a request takes through the load balancer and the process behind it.

The load balancer is the nginx that the local runtime configures: rules, headers and access log as AWS has
them. Beside it stands a bare nginx in front of an equal process. Where the processor is what is short, as on
a laptop, their throughputs are to each other as what a request takes of it is.
"""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from scripts.bench.figure import Figure
from scripts.bench.served import Served, beside, cpu_per_request, served
from scripts.local.runtime.balancers.configuration import Upstream, render
from scripts.local.runtime.balancers.deployed import Listener, LoadBalancer, Rule, Spread
from scripts.local.runtime.ports import HOST, Ports
from scripts.local.runtime.servers import nginx

RUNS = 7
REQUESTS = 4_000  # a run and way; CPU time is counted in hundredths of a second
LIMIT = 1 / 0.95  # times what the bare one takes: 95 % of its throughput
PATHS = [f"/products/{number % 40 + 1}" for number in range(REQUESTS)]
BODY = b"{" + b'"name": "a product of the shop", ' * 12 + b'"id": 1}'  # about as long as a product

GROUP = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/shop/0123456789abcdef"
BALANCER = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/shop/0123456789abcdef"
LISTENER = f"{BALANCER}/0123456789abcdef"
# As the shop has it: what comes by a known path is forwarded, all else refused.
RULES = (
    Rule(
        priority="1",
        conditions=({"Field": "path-pattern", "PathPatternConfig": {"Values": ["/products*", "/orders*"]}},),
        action={"Type": "forward", "TargetGroupArn": GROUP},
    ),
    Rule(
        priority="0",
        conditions=(),
        action={"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "403"}},
    ),
)
BARE = """
upstream shop {{ server {target}; keepalive 64; }}
access_log {log};
server {{
    listen {address};
    location / {{ proxy_pass http://shop; proxy_http_version 1.1; proxy_set_header Connection ""; }}
}}
"""


@dataclass(frozen=True)
class Way:
    """A proxy and the process behind it."""

    front: Served
    behind: Served

    def get(self, paths: Sequence[str]) -> list[bytes]:
        """Get every path through the proxy."""
        return self.front.get(paths)

    def cpu_seconds(self) -> float:
        """Return what both have taken."""
        return self.front.cpu_seconds() + self.behind.cpu_seconds()


def measure() -> list[Figure]:
    """Return the figure."""
    with tempfile.TemporaryDirectory(prefix="blueprint-bench-") as name, ExitStack() as stack:
        folder = Path(name)
        ours = stack.enter_context(_way(folder / "balancer", is_bare=False))
        bare = stack.enter_context(_way(folder / "bare", is_bare=True))
        for way in (ours, bare):
            way.get(PATHS)  # warm
        runs = [cpu_per_request([ours, bare], PATHS) for _ in range(RUNS)]
    return [beside("balancer: a request, with the process behind it", runs, "a bare nginx", LIMIT)]


@contextmanager
def _way(folder: Path, *, is_bare: bool) -> Iterator[Way]:
    folder.mkdir()
    body = folder / "body.json"
    body.write_bytes(BODY)
    with served("scripts.bench.bare:app", {"BODY": str(body)}, PATHS[0]) as behind:
        port = Ports().take(folder.name)
        configure = _bare if is_bare else _balancer
        http = configure(port, f"{HOST}:{behind.port}", folder / "access.log")
        with nginx.running(folder / "nginx", http, port) as pid:
            yield Way(Served(pid, port), behind)


def _balancer(port: int, target: str, log: Path) -> str:
    listener = Listener(arn=LISTENER, port=80, protocol="HTTP", rules=RULES)
    balancer = LoadBalancer(
        arn=BALANCER, name="shop", dns_name="shop.example.com", idle_timeout=60, listeners=(listener,)
    )
    upstreams = {GROUP: Upstream(addresses=(target,), spread=Spread())}
    return render(balancer, {LISTENER: port}, upstreams, log)


def _bare(port: int, target: str, log: Path) -> str:
    return BARE.format(address=f"{HOST}:{port}", target=target, log=log)

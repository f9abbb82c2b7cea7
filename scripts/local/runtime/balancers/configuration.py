"""The configuration of the nginx that stands for an application load balancer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.local.runtime.balancers import access_log, answers, stickiness
from scripts.local.runtime.balancers.conditions import PATH, condition
from scripts.local.runtime.balancers.deployed import CONSISTENT_HASH, Listener, LoadBalancer, Rule, Spread
from scripts.local.runtime.balancers.stickiness import StickyGroup
from scripts.local.runtime.errors import LocalRuntimeError
from scripts.local.runtime.ports import HOST
from scripts.local.runtime.servers.nginx_syntax import (
    DOLLAR,
    UPGRADE,
    UPGRADE_MAPS,
    block,
    mapping,
)

# The load balancer gives a target this long to accept a connection, in seconds.
CONNECT_TIMEOUT = 10
# Shorter than servers keep an idle connection (uvicorn: 5 s), so that none is closed under a request.
KEEPALIVE_TIMEOUT = 4
# What ends a connection on which nothing moves for as long as the load balancer's attribute says.
IDLE_TIMEOUTS = ("proxy_read_timeout", "proxy_send_timeout", "send_timeout", "keepalive_timeout")
ALGORITHMS = {"round_robin": "", "least_outstanding_requests": "least_conn;", "weighted_random": "random;"}
# What a consistent hash may be made of: see `CONSISTENT_HASH`.
HASHED = {"path": "$alb_path", "client": "$proxy_add_x_forwarded_for"}
COMMON = f"""\
client_max_body_size 0;
proxy_http_version 1.1;
proxy_buffering off;
proxy_pass_header Server;
proxy_connect_timeout {CONNECT_TIMEOUT}s;
proxy_next_upstream error;
proxy_next_upstream_tries 3;
proxy_set_header Host $http_host;
{UPGRADE}
proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
proxy_set_header X-Forwarded-Proto $scheme;
proxy_set_header X-Forwarded-Port $server_port;
proxy_set_header X-Amzn-Trace-Id $alb_trace;"""
MAPS = "\n".join(
    [
        DOLLAR,
        PATH,
        UPGRADE_MAPS,
        mapping(
            "$request_id", "alb_root", {'"~^(?<alb_time>.{8})(?<alb_id>.*)"': "Root=1-$alb_time-$alb_id"}
        ),
        mapping("$http_x_amzn_trace_id", "alb_trace", {'""': "$alb_root"}, default="$http_x_amzn_trace_id"),
        answers.MAPS,
        access_log.MAPS,
    ]
)


@dataclass(frozen=True, kw_only=True)
class Upstream:
    """The local `host:port`s that a target group's requests may go to now, and how they are spread."""

    addresses: tuple[str, ...]
    spread: Spread


def render(
    balancer: LoadBalancer, ports: Mapping[str, int], upstreams: Mapping[str, Upstream], log: Path
) -> str:
    """Return the content of nginx's http block.

    `ports` are the local ports of the listeners by their ARN, `upstreams` the target groups' by theirs.

    A request goes to another target only where that is safe: `error` means that no connection came about,
    or that a request without side effects was cut off; nginx never repeats a POST that was sent. 502, 503
    and 504 mean what they mean in AWS: the target closes or refuses the connection, there is no target, no
    answer in time.
    """
    idle = [f"{what} {balancer.idle_timeout:g}s;" for what in IDLE_TIMEOUTS]
    parts = [COMMON, *idle, MAPS]
    parts += [_upstream(name_of(arn), upstream) for arn, upstream in upstreams.items() if upstream.addresses]
    available = {arn for arn, upstream in upstreams.items() if upstream.addresses}
    sticky = [
        StickyGroup(name=name_of(arn), addresses=upstream.addresses, stickiness=upstream.spread.stickiness)
        for arn, upstream in upstreams.items()
        if upstream.spread.stickiness
    ]
    parts += [text for group in sticky for text in stickiness.upstreams(group)]
    places = {str(listener.port): ports[listener.arn] for listener in balancer.listeners}
    for number, listener in enumerate(balancer.listeners):
        server = _Server(f"l{number}", listener, available, sticky, places)
        parts.append(access_log.log_format(balancer.full_name, f"l{number}"))
        parts += server.render(ports[listener.arn], log)
    return "\n".join(parts)


def name_of(arn: str) -> str:
    """Return what a target group's upstream is called: its name and id."""
    return "-".join(arn.rsplit("/", 2)[1:])


def _upstream(name: str, upstream: Upstream) -> str:
    # No target is left out for a while after a failure: health checks alone decide.
    servers = [f"server {address} max_fails=0;" for address in upstream.addresses]
    algorithm = _algorithm(name, upstream.spread)
    keepalive = ["keepalive 64;", f"keepalive_timeout {KEEPALIVE_TIMEOUT}s;"]
    return block(f"upstream {name}", [*([algorithm] if algorithm else []), *servers, *keepalive])


def _algorithm(name: str, spread: Spread) -> str:
    if not spread.hashed:
        return ALGORITHMS.get(spread.algorithm, "")
    if spread.hashed not in HASHED:
        raise LocalRuntimeError(
            f"The tag {CONSISTENT_HASH} of the target group {name} says {spread.hashed!r}."
            f" What can be hashed is {' or '.join(HASHED)}."
        )
    return f"hash {HASHED[spread.hashed]} consistent;"


class _Server:
    """One listener: maps decide which rule applies, the server does what the rule says.

    `places` are the local ports of the load balancer's listeners, by the ports that they have in AWS.
    """

    def __init__(
        self,
        name: str,
        listener: Listener,
        available: set[str],
        sticky: Sequence[StickyGroup],
        places: Mapping[str, int],
    ) -> None:
        self._name = name
        self._listener = listener
        self._available = available
        self._sticky = sticky
        self._places = places

    def render(self, port: int, log: Path) -> list[str]:
        """Return the maps and the server."""
        rules = {f"{self._name}r{number}": rule for number, rule in enumerate(self._listener.rules)}
        locations = [
            answers.answer(name, rule, self._places) for name, rule in rules.items() if not _forwards(rule)
        ]
        # An answer has a location of its own, to which the request is turned.
        turns = [
            block(f"if (${self._name}_rule = {name})", [f"rewrite ^ {answers.place_of(name)} last;"])
            for name, rule in rules.items()
            if not _forwards(rule)
        ]
        unavailable = block(f'if (${self._name}_group = "")', ["return 503;"])
        cookies = stickiness.headers(self._name)
        forward = [
            *answers.error_pages(),
            unavailable,
            *cookies,
            f"proxy_pass http://${self._name}_upstream;",
        ]
        locations += [*answers.error_locations(), block("location /", forward)]
        return [
            *(text for name, rule in rules.items() for text in self._conditions(name, rule)),
            self._choice(rules),
            *self._groups(rules),
            stickiness.targets(self._name, self._sticky),
            *stickiness.target_cookies(self._name, self._sticky),
            *self._logged(rules),
            block(
                "server",
                [f"listen {HOST}:{port};", f"access_log {log} {self._name};", *turns, *locations],
            ),
        ]

    def _conditions(self, name: str, rule: Rule) -> list[str]:
        return [condition(f"{name}c{number}", one) for number, one in enumerate(rule.conditions)]

    def _choice(self, rules: Mapping[str, Rule]) -> str:
        """Return the map that names the first rule all of whose conditions hold, "1" each.

        Its source is what came of each rule's conditions, each rule's ended by a bar.
        """
        marks = (
            "".join(f"${name}c{number}" for number in range(len(rule.conditions)))
            for name, rule in rules.items()
        )
        source = "".join(f"{mark}|" for mark in marks)
        cases = {
            f'"~^(?:[^|]*\\|){{{position}}}{"1" * len(rule.conditions)}\\|"': name
            for position, (name, rule) in enumerate(rules.items())
        }
        return mapping(f'"{source}"', f"{self._name}_rule", cases)

    def _groups(self, rules: Mapping[str, Rule]) -> list[str]:
        """Return the map from rules to target groups, and the splits of rules that forward to several."""
        splits, cases, kept = [], {}, {}
        for name, rule in rules.items():
            if not _forwards(rule):
                continue
            weights = _weights(rule.action)
            cases[name] = f"${name}_split"
            splits.append(self._split(f"{name}_split", weights))
            seconds = _group_stickiness(rule.action)
            if seconds:
                names = [name_of(arn) for arn, weight in weights if weight and arn in self._available]
                cases[name] = f"${name}_kept"
                splits.append(stickiness.kept_group(name, names))
                kept[name] = (names, seconds)
        chosen = mapping(f"${self._name}_rule", f"{self._name}_group", cases)
        return [*splits, chosen, *stickiness.group_cookies(self._name, kept)]

    def _logged(self, rules: Mapping[str, Rule]) -> list[str]:
        """Return the maps to what the access log tells: target group, rule and action."""
        groups = {
            arn: name_of(arn)
            for rule in rules.values()
            if _forwards(rule)
            for arn, _ in _weights(rule.action)
        }
        told = {
            "arn": (f"{self._name}_group", {name: arn for arn, name in groups.items()}),
            "priority": (f"{self._name}_rule", {name: rule.priority for name, rule in rules.items()}),
            "action": (f"{self._name}_rule", {name: rule.action["Type"] for name, rule in rules.items()}),
        }
        return [
            mapping(f"${source}", f"{self._name}_{what}", cases, default='"-"')
            for what, (source, cases) in told.items()
        ]

    def _split(self, variable: str, weights: Sequence[tuple[str, int]]) -> str:
        total = sum(weight for _, weight in weights)
        names = [(name_of(arn) if arn in self._available else '""', weight) for arn, weight in weights]
        shares = [(name, f"{weight * 100 / total:.2f}%") for name, weight in names if weight]
        # The last one has what rounding leaves; where no group has any weight, there is no target.
        *shares, (last, _) = shares or [('""', "")]
        lines = [*(f"{share} {name};" for name, share in shares), f"* {last};"]
        return block(f"split_clients $request_id ${variable}", lines)


def _forwards(rule: Rule) -> bool:
    return bool(rule.action["Type"] == "forward")


def _group_stickiness(action: Mapping[str, Any]) -> int:
    """Return for how many seconds a client stays with a rule's target group, 0 for not at all."""
    config = action.get("ForwardConfig", {}).get("TargetGroupStickinessConfig", {})
    return int(config.get("DurationSeconds") or 0) if config.get("Enabled") else 0


def _weights(action: Mapping[str, Any]) -> list[tuple[str, int]]:
    groups = action.get("ForwardConfig", {}).get("TargetGroups")
    if groups:
        return [(group["TargetGroupArn"], group.get("Weight", 1)) for group in groups]
    return [(action["TargetGroupArn"], 1)]

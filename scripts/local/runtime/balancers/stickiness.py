"""How clients stay with their target, and with their target group where a rule forwards to several.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html, "Sticky
sessions", and "Target group stickiness" of listener rules. A cookie names the target or group, as AWS's do in
a form that only the load balancer reads; nginx cannot write dates, so that it says `Max-Age` for `Expires`.
A target that is gone is no longer named by anything: the next one is chosen, and its cookie set.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scripts.local.runtime.servers.nginx_syntax import block, literal, mapping

BALANCER_COOKIE, APPLICATION_COOKIE, GROUP_COOKIE = "AWSALB", "AWSALBAPP-0", "AWSALBTG"
# For requests from other sites, browsers want a cookie of this kind: AWS sets both.
ABROAD = "; SameSite=None; Secure"


@dataclass(frozen=True, kw_only=True)
class Stickiness:
    """For how many seconds a client stays with a target: since the last answer that set the cookie.

    `application_cookie` is the cookie of the application with which its answers set ours; "" for all answers.
    """

    seconds: int
    application_cookie: str = ""

    @property
    def cookie(self) -> str:
        """The cookie that names the target."""
        return APPLICATION_COOKIE if self.application_cookie else BALANCER_COOKIE


@dataclass(frozen=True, kw_only=True)
class StickyGroup:
    """The name of a target group's upstream, the addresses in it, and how clients stay with one."""

    name: str
    addresses: Sequence[str]
    stickiness: Stickiness


def upstreams(group: StickyGroup) -> list[str]:
    """Return an upstream for each target, for the clients that stay with it."""
    return [
        block(f"upstream {group.name}-{_mark(address)}", [f"server {address} max_fails=0;"])
        for address in group.addresses
    ]


def targets(server: str, groups: Sequence[StickyGroup]) -> str:
    """Return the map from the group of a request and its cookies to the upstream that gets it."""
    cases = {
        f'"~^{group.name} {_has(group.stickiness.cookie, address)}"': f"{group.name}-{_mark(address)}"
        for group in groups
        for address in group.addresses
    }
    return mapping(f'"${server}_group $http_cookie"', f"{server}_upstream", cases, default=f"${server}_group")


def target_cookies(server: str, groups: Sequence[StickyGroup]) -> list[str]:
    """Return the maps from the group and target that answered to the cookies that name the target."""
    cases = {}
    for group in groups:
        wanted = group.stickiness.application_cookie
        sets = f"(?:.*, ?)?{literal(wanted)}=" if wanted else ""
        for address in group.addresses:
            key = f'"~^{group.name} {literal(address)} {sets}"'
            cases[key] = _cookie(group.stickiness.cookie, address, group.stickiness.seconds)
    source = f'"${server}_group $alb_target $upstream_http_set_cookie"'
    return _both(source, f"{server}_target_cookie", cases)


def kept_group(rule: str, names: Sequence[str]) -> str:
    """Return the map from a client's cookies to its target group, one of `names`; else it is chosen anew."""
    cases = {f'"~^{_has(GROUP_COOKIE, name)}"': name for name in names}
    return mapping("$http_cookie", f"{rule}_kept", cases, default=f"${rule}_split")


def group_cookies(server: str, rules: Mapping[str, tuple[Sequence[str], int]]) -> list[str]:
    """Return the maps to the cookies that name a target group, by rule: its groups, and the seconds."""
    cases = {
        f'"~^{rule} {name}$"': _cookie(GROUP_COOKIE, name, seconds)
        for rule, (names, seconds) in rules.items()
        for name in names
    }
    return _both(f'"${server}_rule ${server}_group"', f"{server}_group_cookie", cases)


def headers(server: str) -> list[str]:
    """Return what sets the cookies of a listener; an empty header is none."""
    return [
        f"add_header Set-Cookie ${server}_{what}_cookie{where} always;"
        for what in ("target", "group")
        for where in ("", "_abroad")
    ]


def _mark(text: str) -> str:
    """Return what stands for a target or group in cookies."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _has(cookie: str, named: str) -> str:
    return f"(?:.*; ?)?{cookie}={_mark(named)}(?:;|$)"


def _cookie(name: str, named: str, seconds: int) -> str:
    return f'"{name}={_mark(named)}; Max-Age={seconds}; Path=/"'


def _both(source: str, variable: str, cases: Mapping[str, str]) -> list[str]:
    abroad = {
        f'"~^(?<{variable}_name>AWSALB(?:TG)?)=(?<{variable}_rest>.*)"': (
            f'"${{{variable}_name}}CORS=${{{variable}_rest}}{ABROAD}"'
        )
    }
    return [mapping(source, variable, cases), mapping(f"${variable}", f"{variable}_abroad", abroad)]

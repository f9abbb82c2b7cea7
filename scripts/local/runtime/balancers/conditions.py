"""The conditions of listener rules as variables of nginx, "1" where the condition holds.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html
"""

from collections.abc import Mapping, Sequence
from typing import Any

from scripts.local.runtime.errors import LocalRuntimeError
from scripts.local.runtime.servers.nginx_syntax import block, literal, mapping, wildcard

# The path as it was requested, neither decoded nor cleaned: what the load balancer compares.
PATH = mapping("$request_uri", "alb_path", {'"~^(?<alb_captured>[^?]*)"': "$alb_captured"})


def condition(variable: str, described: Mapping[str, Any]) -> str:
    """Return the map that sets `variable` for a condition; raises `LocalRuntimeError` for an unknown kind."""
    field = described["Field"]
    if field == "path-pattern":
        return _matching("$alb_path", variable, "~", _values(described, "PathPatternConfig"))
    if field == "host-header":
        return _matching("$host", variable, "~*", _values(described, "HostHeaderConfig"))
    if field == "http-header":
        header = described["HttpHeaderConfig"]["HttpHeaderName"].lower().replace("-", "_")
        return _matching(f"$http_{header}", variable, "~*", described["HttpHeaderConfig"]["Values"])
    if field == "http-request-method":
        return _matching("$request_method", variable, "~", described["HttpRequestMethodConfig"]["Values"])
    if field == "query-string":
        pairs = [_pair(pair) for pair in described["QueryStringConfig"]["Values"]]
        return mapping("$args", variable, {f'"~*(?:^|&){pair}(?:&|$)"': "1" for pair in pairs})
    if field == "source-ip":
        networks = described["SourceIpConfig"]["Values"]
        return block(f"geo ${variable}", ['default "";', *(f"{network} 1;" for network in networks)])
    raise LocalRuntimeError(
        f"A listener rule has a condition of the kind {field!r}, which nothing here follows."
    )


def _values(described: Mapping[str, Any], config: str) -> Sequence[str]:
    values: Sequence[str] = described.get(config, described).get("Values", [])
    return values


def _matching(source: str, variable: str, operator: str, patterns: Sequence[str]) -> str:
    return mapping(source, variable, {f'"{operator}^{wildcard(pattern)}$"': "1" for pattern in patterns})


def _pair(pair: Mapping[str, str]) -> str:
    """Return the expression for a parameter; without a key, any parameter may have the value."""
    key = literal(pair["Key"]) if pair.get("Key") else "[^&=]*"
    return f"{key}={wildcard(pair['Value']).replace('.', '[^&]')}"

"""An HTTP API as it is deployed: stages, routes, and the functions and services that they lead to."""

import re
import urllib.parse
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from scripts.local.runtime.gateway.authorizer import Authorizer

DEFAULT = "$default"
# An integration's URI is the function's ARN, or API Gateway's own ARN around it.
FUNCTION_ARN = re.compile(r"(?:.*functions/)?(arn:aws[\w-]*:lambda:[^/]+)(?:/invocations)?")
# API Gateway developer guide, "Quotas for HTTP APIs: Integration timeout: 30 seconds maximum".
DEFAULT_TIMEOUT_MS = 30_000
LISTENER_ARN = re.compile(r"arn:aws[\w-]*:elasticloadbalancing:[^/]+:listener/.+")
OVERWRITTEN = "overwrite:header."


@dataclass(frozen=True, kw_only=True)
class Throttling:
    """How many requests a route takes: `rate` a second in the long run, `burst` at once; None is no limit."""

    rate: float | None = None
    burst: int | None = None

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> "Throttling":
        """Read the route settings of a stage."""
        return cls(rate=settings.get("ThrottlingRateLimit"), burst=settings.get("ThrottlingBurstLimit"))


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A stage: how its routes are throttled, by default or by route key, and its variables."""

    name: str
    throttling: Throttling
    route_throttling: Mapping[str, Throttling]
    variables: Mapping[str, str]

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> "Stage":
        """Read one item of `GetStages`."""
        routes = item.get("RouteSettings", {}).items()
        return cls(
            name=item["StageName"],
            throttling=Throttling.of(item.get("DefaultRouteSettings", {})),
            route_throttling={key: Throttling.of(settings) for key, settings in routes},
            variables=item.get("StageVariables", {}),
        )


@dataclass(frozen=True, kw_only=True)
class Listener:
    """A load balancer's listener, by its `arn`, which is told `headers` (names in lower case) besides."""

    arn: str
    headers: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Route:
    """A route: `key` is `$default` or a method and a path; `timeout` in seconds.

    `target` is a function, by its ARN, or the listener before services.

    `authorizer` says which tokens open it; None opens it to everybody.
    """

    key: str
    target: str | Listener
    timeout: float
    authorizer: Authorizer | None = None

    def match(self, method: str, path: str) -> dict[str, str] | None:
        """Return the path's variables, decoded, where this route takes the request, else None."""
        if self.key == DEFAULT:
            return {}
        wanted, _, template = self.key.partition(" ")
        found = re.fullmatch(_pattern(template), path)
        if found is None or wanted not in {"ANY", method}:
            return None
        return {name: urllib.parse.unquote(value) for name, value in found.groupdict().items()}

    @property
    def priority(self) -> tuple[bool, bool, bool, int]:
        """Sorts routes: "full match for a route and method", then a greedy variable, then `$default`."""
        is_default = self.key == DEFAULT
        return (is_default, "+}" in self.key, self.key.startswith("ANY "), self.key.count("{"))


@dataclass(frozen=True, kw_only=True)
class Api:
    """An API: `endpoint` is its deployed URL, routes are in the order in which they are tried."""

    id: str
    name: str
    endpoint: str
    stages: Mapping[str, Stage]
    routes: tuple[Route, ...]

    @property
    def domain(self) -> str:
        """The host name of the deployed URL."""
        return self.endpoint.removeprefix("https://")

    def stage_of(self, path: str) -> tuple[Stage | None, str]:
        """Return the stage that the path selects and the path within it.

        "If the request explicitly matches a stage, API Gateway sends the request to that stage. If no stage
        fully matches the request, API Gateway sends the request to the $default stage."
        """
        first, _, rest = path.removeprefix("/").partition("/")
        if first in self.stages:
            return self.stages[first], f"/{rest}"
        return self.stages.get(DEFAULT), path

    def route_of(self, method: str, path: str) -> tuple[Route | None, dict[str, str]]:
        """Return the route that takes the request, with the path's variables."""
        for route in self.routes:
            variables = route.match(method, path)
            if variables is not None:
                return route, variables
        return None, {}


def read_routes(
    routes: Iterable[Mapping[str, Any]],
    integrations: Iterable[Mapping[str, Any]],
    authorizers: Mapping[str, Authorizer],
) -> tuple[tuple[Route, ...], tuple[str, ...]]:
    """Read the items of `GetRoutes` and `GetIntegrations`, with the JWT authorizers by their ids.

    Returns the routes that can be served here, and what to know of those that cannot, or not as deployed.
    """
    by_id = {integration["IntegrationId"]: integration for integration in integrations}
    read: list[Route] = []
    remarks: list[str] = []
    for route in routes:
        key = route["RouteKey"]
        integration = by_id.get(route.get("Target", "").removeprefix("integrations/"), {})
        target = _target(integration)
        if target is None:
            remarks.append(
                f"route {key!r} leads to a {integration.get('IntegrationType')} integration of payload format"
                f" {integration.get('PayloadFormatVersion')} and is left out. Only Lambda proxies (AWS_PROXY)"
                " with payload format 2.0, and load balancers' listeners behind a VPC link, are served here."
            )
            continue
        authorizer = authorizers.get(route.get("AuthorizerId", ""))
        if authorizer is None and route.get("AuthorizationType", "NONE") != "NONE":
            remarks.append(f"route {key!r} has no JWT authorizer; what it asks for on AWS, it does not here.")
        timeout = (integration.get("TimeoutInMillis") or DEFAULT_TIMEOUT_MS) / 1000
        read.append(Route(key=key, target=target, timeout=timeout, authorizer=authorizer))
    return tuple(sorted(read, key=lambda route: route.priority)), tuple(remarks)


def _target(integration: Mapping[str, Any]) -> str | Listener | None:
    """Return what an item of `GetIntegrations` leads to; None is what cannot be served here."""
    uri = integration.get("IntegrationUri") or ""
    kind = (integration.get("IntegrationType"), integration.get("PayloadFormatVersion"))
    if kind == ("AWS_PROXY", "2.0") and (function := FUNCTION_ARN.fullmatch(uri)):
        return function[1]
    parameters = integration.get("RequestParameters") or {}
    is_listener = kind[0] == "HTTP_PROXY" and LISTENER_ARN.fullmatch(uri)
    if is_listener and all(_is_header(*parameter) for parameter in parameters.items()):
        headers = {name.removeprefix(OVERWRITTEN).lower(): value for name, value in parameters.items()}
        return Listener(arn=uri, headers=headers)
    return None


def _is_header(name: str, value: str) -> bool:
    """Return whether a mapped parameter sets a header to a text, and not to something of the request."""
    return name.startswith(OVERWRITTEN) and not value.startswith("$")


def _pattern(template: str) -> str:
    """Return the regular expression of a path with variables such as `{id}` and `{proxy+}`."""
    parts = re.split(r"(\{\w+\+?\})", template)
    return "".join(_part(part) for part in parts)


def _part(part: str) -> str:
    if part.startswith("{"):
        name = part.strip("{}+")
        return f"(?P<{name}>.+)" if part.endswith("+}") else f"(?P<{name}>[^/]+)"
    return re.escape(part)

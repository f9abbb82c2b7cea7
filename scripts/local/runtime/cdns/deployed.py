"""Distributions with their origins, behaviours and policies, as CloudFront describes them."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scripts.local.runtime.aws_client import Aws
from scripts.local.runtime.cdns.response_headers import ResponseHeader, response_headers
from scripts.local.runtime.errors import LocalRuntimeError

NONE, ALL = "none", "all"


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Which headers, cookies or query parameters: `none`, `all`, or `some`, namely those of `names`."""

    kind: str = NONE
    names: tuple[str, ...] = ()

    def joined(self, other: "Selection") -> "Selection":
        """Return what either of the two selects."""
        if ALL in (self.kind, other.kind):
            return Selection(kind=ALL)
        names = tuple(dict.fromkeys(self.names + other.names))
        return Selection(kind="some", names=names) if names else Selection()


@dataclass(frozen=True, kw_only=True)
class Request:
    """What of a request a policy selects; `viewer_host` keeps the Host header that the viewer sent."""

    headers: Selection = Selection()
    cookies: Selection = Selection()
    queries: Selection = Selection()
    viewer_host: bool = False

    def joined(self, other: "Request") -> "Request":
        """Return what either of the two selects."""
        return Request(
            headers=self.headers.joined(other.headers),
            cookies=self.cookies.joined(other.cookies),
            queries=self.queries.joined(other.queries),
            viewer_host=self.viewer_host or other.viewer_host,
        )


@dataclass(frozen=True, kw_only=True)
class CachePolicy:
    """For how many seconds answers are kept, and what of a request tells answers apart (`key`)."""

    min_ttl: int
    default_ttl: int
    max_ttl: int
    key: Request

    @property
    def caches(self) -> bool:
        """Whether anything is kept at all."""
        return self.max_ttl > 0


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """How the paths of a pattern are served (by default `*`); what is `forwarded` reaches the origin.

    Where there are `keys`, in PEM by their ids, only to who has a URL that one of them signed. Viewers get
    the headers `added`, and none of those that are `removed`.
    """

    pattern: str
    origin: str
    methods: tuple[str, ...]
    compress: bool
    cache: CachePolicy
    forwarded: Request
    added: tuple[ResponseHeader, ...] = ()
    removed: tuple[str, ...] = ()
    keys: Mapping[str, str] | None = None


@dataclass(frozen=True, kw_only=True)
class Origin:
    """A bucket, or a server at `domain` and `port`; `path` comes before each requested one."""

    identifier: str
    domain: str
    bucket: str | None
    port: int
    path: str
    headers: tuple[tuple[str, str], ...]
    read_timeout: int


@dataclass(frozen=True, kw_only=True)
class ErrorPage:
    """What is answered, with `status`, in place of an origin's answer of status `code`."""

    code: int
    path: str
    status: int


@dataclass(frozen=True, kw_only=True)
class Distribution:
    """An enabled distribution; its behaviours in the order in which they are tried, the default one last."""

    identifier: str
    domains: tuple[str, ...]
    root_object: str
    origins: tuple[Origin, ...]
    behaviours: tuple[Behaviour, ...]
    error_pages: tuple[ErrorPage, ...]


# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-origin-request-policies.html
_EVERYTHING = Selection(kind=ALL)
_CORS = ("Origin", "Access-Control-Request-Headers", "Access-Control-Request-Method")
MANAGED_REQUEST_POLICIES = {
    "216adef6-5c7f-47e4-b989-5492eafa07d3": Request(
        headers=_EVERYTHING, cookies=_EVERYTHING, queries=_EVERYTHING, viewer_host=True
    ),
    "b689b0a8-53d0-40ab-baf2-68738e2966ac": Request(
        headers=_EVERYTHING, cookies=_EVERYTHING, queries=_EVERYTHING
    ),
    "88a5eaf4-2fd4-4709-b370-b4c650ea3fcf": Request(headers=Selection(kind="some", names=_CORS)),
    "59781a5b-3903-41f3-afcb-af62929ccde1": Request(headers=Selection(kind="some", names=("Origin",))),
    "acba4595-bd28-49b8-b9fe-13317c0390fa": Request(
        headers=Selection(kind="some", names=("User-Agent", "Referer"))
    ),
}


async def distributions(aws: Aws) -> list[Distribution]:
    """Return the enabled distributions; raises `LocalRuntimeError` for one that cannot be followed here."""
    answer = await aws.collect("cloudfront", "list_distributions")
    items = answer.get("DistributionList", {}).get("Items", [])
    return await asyncio.gather(*(_distribution(aws, item) for item in items if item["Enabled"]))


async def _distribution(aws: Aws, item: Mapping[str, Any]) -> Distribution:
    answer = await aws.call("cloudfront", "get_distribution_config", Id=item["Id"])
    config = answer["DistributionConfig"]
    described = [*config.get("CacheBehaviors", {}).get("Items", []), config["DefaultCacheBehavior"]]
    return Distribution(
        identifier=item["Id"],
        domains=(item["DomainName"], *config.get("Aliases", {}).get("Items", [])),
        root_object=config.get("DefaultRootObject", ""),
        origins=tuple(_origin(origin) for origin in config["Origins"]["Items"]),
        behaviours=tuple([await _behaviour(aws, one) for one in described]),
        error_pages=tuple(
            ErrorPage(code=page["ErrorCode"], path=page["ResponsePagePath"], status=int(page["ResponseCode"]))
            for page in config.get("CustomErrorResponses", {}).get("Items", [])
            if page.get("ResponsePagePath")
        ),
    )


def _origin(described: Mapping[str, Any]) -> Origin:
    custom = described.get("CustomOriginConfig")
    domain = described["DomainName"]
    headers = described.get("CustomHeaders", {}).get("Items", [])
    return Origin(
        identifier=described["Id"],
        domain=domain,
        bucket=None if custom else domain.partition(".s3")[0],
        port=_port(custom) if custom else 443,
        path=described.get("OriginPath", ""),
        headers=tuple((header["HeaderName"], header["HeaderValue"]) for header in headers),
        read_timeout=custom.get("OriginReadTimeout", 30) if custom else 30,
    )


def _port(custom: Mapping[str, Any]) -> int:
    """Return the port that CloudFront would use; viewers come by HTTP here, which `match-viewer` follows."""
    https = custom["OriginProtocolPolicy"] == "https-only"
    return int(custom["HTTPSPort" if https else "HTTPPort"])


async def _behaviour(aws: Aws, described: Mapping[str, Any]) -> Behaviour:
    cache = await _cache_policy(aws, described)
    forwarded = await _request_policy(aws, described.get("OriginRequestPolicyId"))
    headers = await _headers_policy(aws, described.get("ResponseHeadersPolicyId"))
    return Behaviour(
        pattern=described.get("PathPattern", "*"),
        origin=described["TargetOriginId"],
        methods=tuple(described["AllowedMethods"]["Items"]),
        compress=described.get("Compress", False),
        cache=cache,
        forwarded=cache.key.joined(forwarded),
        added=response_headers(headers),
        removed=tuple(it["Header"] for it in headers.get("RemoveHeadersConfig", {}).get("Items", [])),
        keys=await _keys(aws, described.get("TrustedKeyGroups", {})),
    )


async def _keys(aws: Aws, trusted: Mapping[str, Any]) -> Mapping[str, str] | None:
    """Return the public keys of a behaviour's groups by their ids; None where everybody is served."""
    if not trusted.get("Enabled"):
        return None
    keys = {}
    for group in trusted.get("Items", []):
        found = await aws.call("cloudfront", "get_key_group", Id=group)
        for key in found["KeyGroup"]["KeyGroupConfig"]["Items"]:
            public = await aws.call("cloudfront", "get_public_key", Id=key)
            keys[key] = public["PublicKey"]["PublicKeyConfig"]["EncodedKey"]
    return keys


async def _cache_policy(aws: Aws, described: Mapping[str, Any]) -> CachePolicy:
    identifier = described.get("CachePolicyId")
    if not identifier:
        raise LocalRuntimeError(
            "A behaviour of a distribution has no cache policy (but forwarded values, which are out of date)."
            " Give it one: a managed policy or an aws.cloudfront.CachePolicy."
        )
    answer = await aws.call("cloudfront", "get_cache_policy", Id=identifier)
    config = answer["CachePolicy"]["CachePolicyConfig"]
    return CachePolicy(
        min_ttl=config["MinTTL"],
        default_ttl=config.get("DefaultTTL", 86_400),
        max_ttl=config.get("MaxTTL", 31_536_000),
        key=_selected(config.get("ParametersInCacheKeyAndForwardedToOrigin", {})),
    )


async def _request_policy(aws: Aws, identifier: str | None) -> Request:
    if not identifier:
        return Request()
    if identifier in MANAGED_REQUEST_POLICIES:
        return MANAGED_REQUEST_POLICIES[identifier]
    answer = await aws.call("cloudfront", "get_origin_request_policy", Id=identifier)
    return _selected(answer["OriginRequestPolicy"]["OriginRequestPolicyConfig"])


async def _headers_policy(aws: Aws, identifier: str | None) -> Mapping[str, Any]:
    if not identifier:
        return {}
    answer = await aws.call("cloudfront", "get_response_headers_policy", Id=identifier)
    config: Mapping[str, Any] = answer["ResponseHeadersPolicy"]["ResponseHeadersPolicyConfig"]
    return config


def _selected(config: Mapping[str, Any]) -> Request:
    headers = _selection(config, "HeadersConfig", "HeaderBehavior", "Headers")
    return Request(
        headers=headers,
        cookies=_selection(config, "CookiesConfig", "CookieBehavior", "Cookies"),
        queries=_selection(config, "QueryStringsConfig", "QueryStringBehavior", "QueryStrings"),
        viewer_host=headers.kind == ALL or "host" in map(str.lower, headers.names),
    )


def _selection(config: Mapping[str, Any], part: str, kind: str, items: str) -> Selection:
    found = config.get(part, {})
    names = tuple(found.get(items, {}).get("Items", []))
    match found.get(kind, NONE):
        case "none":
            return Selection()
        case "whitelist":
            return Selection(kind="some", names=names)
        # `allExcept` passes a little more here than in the cloud, never less.
        case _:
            return Selection(kind=ALL)

"""What a response headers policy adds to answers, as headers.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/understanding-response-headers-policies.html.
Headers for other sites' pages (CORS) and for timing are not added here.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class ResponseHeader:
    """A header that viewers get; without `override`, one of the origin's goes before it."""

    name: str
    value: str
    override: bool


def response_headers(policy: Mapping[str, Any]) -> tuple[ResponseHeader, ...]:
    """Return the headers that `policy`, the configuration of a response headers policy, adds."""
    security = policy.get("SecurityHeadersConfig", {})
    custom = policy.get("CustomHeadersConfig", {}).get("Items", [])
    return (
        *_security(security),
        *(ResponseHeader(name=it["Header"], value=it["Value"], override=it["Override"]) for it in custom),
    )


def _security(config: Mapping[str, Any]) -> Iterator[ResponseHeader]:
    values: Mapping[str, tuple[str, Callable[[Mapping[str, Any]], str]]] = {
        "StrictTransportSecurity": ("Strict-Transport-Security", _transport),
        "ContentSecurityPolicy": ("Content-Security-Policy", lambda it: str(it["ContentSecurityPolicy"])),
        "ContentTypeOptions": ("X-Content-Type-Options", lambda _: "nosniff"),
        "FrameOptions": ("X-Frame-Options", lambda it: str(it["FrameOption"])),
        "ReferrerPolicy": ("Referrer-Policy", lambda it: str(it["ReferrerPolicy"])),
        "XSSProtection": ("X-XSS-Protection", _protection),
    }
    for key, (name, value) in values.items():
        if key in config:
            yield ResponseHeader(name=name, value=value(config[key]), override=config[key]["Override"])


def _transport(config: Mapping[str, Any]) -> str:
    subdomains = "; includeSubDomains" if config.get("IncludeSubdomains") else ""
    preload = "; preload" if config.get("Preload") else ""
    return f"max-age={config['AccessControlMaxAgeSec']}{subdomains}{preload}"


def _protection(config: Mapping[str, Any]) -> str:
    if not config["Protection"]:
        return "0"
    mode = "; mode=block" if config.get("ModeBlock") else ""
    report = f"; report={config['ReportUri']}" if config.get("ReportUri") else ""
    return f"1{mode}{report}"

"""The configuration of the nginx that stands for a distribution.

A request comes to the edge, which keeps answers. What the edge lacks it asks of a second server in the same
nginx, the relay: that asks the origin, and says in X-Accel-Expires for how long the edge may keep the answer.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from scripts.local.runtime.cdns.access_log import FORMAT
from scripts.local.runtime.cdns.deployed import ALL, Behaviour, Distribution, Origin, Selection
from scripts.local.runtime.cdns.freshness import lifetime
from scripts.local.runtime.ports import HOST
from scripts.local.runtime.servers.nginx_syntax import (
    DOLLAR,
    UPGRADE,
    UPGRADE_MAPS,
    block,
    literal,
    mapping,
    quoted,
    wildcard,
)

CACHE_SIZE = "256m"
# What reaches the origin of every request, whatever the policies say.
ALWAYS = ("Content-Type",)
# Conditions and ranges, too, where the cache does not see to them.
UNCACHED_ALWAYS = (
    "If-Match",
    "If-None-Match",
    "If-Modified-Since",
    "If-Unmodified-Since",
    "If-Range",
    "Range",
)
# Carries the viewer's Host header from the edge to the relay.
VIEWER_HOST = "X-Blueprint-Viewer-Host"
# Seconds for which a WebSocket may be silent: CloudFront's quota "Origin response timeout (idle timeout)".
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html#limits-websockets
SILENCE = 600
COMPRESSED = (
    "text/css text/plain text/xml text/javascript application/javascript application/json application/xml"
    " application/problem+json application/wasm image/svg+xml font/ttf font/otf"
)
COMMON = f"""\
client_max_body_size 0;
merge_slashes off;
proxy_http_version 1.1;
proxy_connect_timeout 10s;
proxy_next_upstream off;
proxy_read_timeout {SILENCE}s;
proxy_send_timeout {SILENCE}s;
{UPGRADE}
proxy_ignore_headers X-Accel-Redirect X-Accel-Buffering X-Accel-Limit-Rate X-Accel-Charset;
proxy_cache_path cache keys_zone=cdn:8m max_size={CACHE_SIZE} inactive=24h use_temp_path=off;
gzip_types {COMPRESSED};
gzip_proxied any;
gzip_min_length 1000;
gzip_vary on;
log_format cdn '{FORMAT}';"""
RESULTS = {'"~^[45]"': "Error", '"~:(?:HIT|STALE|UPDATING)$"': "Hit", '"~:REVALIDATED$"': "RefreshHit"}
MAPS = "\n".join(
    [
        DOLLAR,
        UPGRADE_MAPS,
        mapping("$websocket", "cdn_kind", {"websocket": "-websocket"}),
        mapping("$upstream_http_content_type", "cdn_buffering", {'"~*^text/event-stream"': "no"}),
        mapping('"$status:$upstream_cache_status"', "cdn_result", RESULTS, default="Miss"),
        mapping("$request_uri", "cdn_path", {'"~^(?<cdn_captured>[^?]*)"': "$cdn_captured"}),
    ]
)


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where an origin is on this machine: `host:port`, and the path below which its files lie there."""

    address: str
    path: str


@dataclass(frozen=True, kw_only=True)
class Addresses:
    """Ports of an edge and its relay, and who looks at signatures (`host:port`), if they count."""

    port: int
    relay_port: int
    signatures: str


def behaviour_names(distribution: Distribution) -> list[str]:
    """Return what its behaviours are called, in their order."""
    return [f"b{number}" for number, _ in enumerate(distribution.behaviours)]


def render(distribution: Distribution, places: Mapping[str, Place], at: Addresses, log: Path) -> str:
    """Return the content of nginx's http block; `places` are those of the origins, by their identifiers."""
    origins = {origin.identifier: origin for origin in distribution.origins}
    paths = [
        _Path(name, behaviour, origins[behaviour.origin], places[behaviour.origin])
        for name, behaviour in zip(behaviour_names(distribution), distribution.behaviours, strict=True)
    ]
    edge = [f"listen {HOST}:{at.port};", "proxy_intercept_errors on;"]
    edge += [
        f"error_page {page.code} ={page.status} {quoted(page.path)};" for page in distribution.error_pages
    ]
    if distribution.root_object:
        edge.append(f"rewrite ^/$ {quoted('/' + distribution.root_object)} last;")
    edge += [path.edge(via=distribution.domains[0]) for path in paths]
    edge += [
        _question(f"{distribution.identifier}-{path.name}", path.name, at.signatures)
        for path in paths
        if path.asks
    ]
    return "\n".join(
        [
            COMMON,
            f"access_log {log} cdn;",
            MAPS,
            _upstream("relay", f"{HOST}:{at.relay_port}"),
            *(_upstream(_name(origin), places[identifier].address) for identifier, origin in origins.items()),
            *(text for path in paths for text in path.maps()),
            block("server", edge),
            *(server for path in paths for server in path.relay(at.relay_port)),
        ]
    )


def _question(behaviour: str, name: str, signatures: str) -> str:
    """Return where nginx asks whether the viewer's URL is signed for a behaviour."""
    lines = [
        "internal;",
        "proxy_intercept_errors off;",  # nginx itself is to see what the answer is
        "proxy_pass_request_body off;",
        'proxy_set_header Content-Length "";',
        "proxy_set_header X-Blueprint-Url $scheme://$http_host$request_uri;",
        f"proxy_pass http://{signatures}/{behaviour};",
    ]
    return block(f"location = {_signature(name)}", lines)


def _signature(name: str) -> str:
    return f"/.signature/{name}"


def _upstream(name: str, address: str) -> str:
    return block(
        f"upstream {name}", [f"server {address} max_fails=0;", "keepalive 32;", "keepalive_timeout 4s;"]
    )


def _name(origin: Origin) -> str:
    return "origin-" + "".join(character if character.isalnum() else "-" for character in origin.identifier)


class _Path:
    """One behaviour: a location of the edge, and two servers of the relay, of which one has WebSockets."""

    def __init__(self, name: str, behaviour: Behaviour, origin: Origin, place: Place) -> None:
        self.name = self._name = name
        self.asks = behaviour.keys is not None
        self._behaviour = behaviour
        self._origin = origin
        self._place = place

    def maps(self) -> list[str]:
        """Return the maps behind its variables: lifetimes, selected cookies and parameters."""
        pattern = '"~(?:^|{separator} ?)(?<{captured}>{name}=[^{separator}]*)"'
        found = [lifetime(f"{self._name}_ttl", self._behaviour.cache)]
        for source, separator in (("args", "&"), ("http_cookie", ";")):
            for number, name in enumerate(self._names(source)):
                variable = f"{self._name}_{source}_{number}"
                captured = f"{variable}_captured"
                case = pattern.format(separator=separator, captured=captured, name=literal(name))
                found.append(mapping(f"${source}", variable, {case: f'"${captured}{separator}"'}))
        for number, header in enumerate(self._behaviour.added):
            if not header.override:  # an empty header is none
                upstream = f"$upstream_http_{_variable(header.name)}"
                variable = f"{self._name}_header_{number}"
                found.append(mapping(upstream, variable, {'""': quoted(header.value)}))
        return found

    def edge(self, via: str) -> str:
        """Return the location of the edge; `via` is the distribution's own name."""
        behaviour = self._behaviour
        pattern = behaviour.pattern if behaviour.pattern.startswith(("/", "*")) else f"/{behaviour.pattern}"
        refuse = block(f'if ($request_method !~ "^(?:{"|".join(behaviour.methods)})$")', ["return 403;"])
        lines = [refuse, *self._arguments(), *self._request_headers()]
        lines += [f"auth_request {_signature(self._name)};"] if self.asks else []
        lines += ["gzip on;"] if behaviour.compress else []
        lines += self._caching() if behaviour.cache.caches else ["proxy_buffering off;"]
        lines += self._response_headers()
        lines += [
            "proxy_hide_header X-Cache;",
            'add_header X-Cache "$cdn_result from cloudfront" always;',
            f'add_header Via "1.1 {via} (CloudFront)" always;',
            "add_header X-Amz-Cf-Id $request_id always;",
            "proxy_pass http://relay;",
        ]
        return block(f'location ~ "^{wildcard(pattern)}$"', lines)

    def relay(self, port: int) -> Iterator[str]:
        """Give the servers that ask the origin: for requests, and for WebSockets, silent for longer."""
        yield self._relay(port, self._name, self._origin.read_timeout)
        yield self._relay(port, f"{self._name}-websocket", SILENCE)

    def _relay(self, port: int, name: str, patience: int) -> str:
        origin = self._origin
        # A bucket is asked for at the local AWS, which goes by its own name.
        own = self._place.address if origin.bucket else origin.domain
        viewer = f"$http_{VIEWER_HOST.lower().replace('-', '_')}"
        host = viewer if self._behaviour.forwarded.viewer_host and not origin.bucket else own
        path = f"{self._place.path}{origin.path}/" if self._place.path or origin.path else ""
        lines = [
            f"proxy_set_header Host {host};",
            f'proxy_set_header {VIEWER_HOST} "";',
            UPGRADE,
            *(f"proxy_set_header {name} {quoted(value)};" for name, value in origin.headers),
            f"proxy_read_timeout {patience}s;",
            "proxy_buffering off;",
            f"add_header X-Accel-Expires ${self._name}_ttl always;",
            "add_header X-Accel-Buffering $cdn_buffering always;",
            f"proxy_pass http://{_name(origin)}{path};",
        ]
        head = [f"listen {HOST}:{port};", f"server_name {name};", "access_log off;"]
        if not origin.bucket:
            return block("server", [*head, block("location /", lines)])
        # S3 tells those who may not list a bucket as little of what is not there as of what they may not see.
        lines += ["proxy_intercept_errors on;", "error_page 404 =403 @hidden;"]
        hidden = block("location @hidden", ["return 403;"])
        return block("server", [*head, block("location /", lines), hidden])

    def _arguments(self) -> list[str]:
        """Return what cuts the query down to what is forwarded."""
        queries = self._behaviour.forwarded.queries
        return [] if queries.kind == ALL else [f'set $args "{self._selected("args", queries)}";']

    def _request_headers(self) -> list[str]:
        """Return what sets the headers of the request to the relay, which passes them on."""
        forwarded, caches = self._behaviour.forwarded, self._behaviour.cache.caches
        lines = [
            f"proxy_set_header Host {self._name}$cdn_kind;",
            f"proxy_set_header {VIEWER_HOST} $http_host;",
            UPGRADE,
            "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;",
            "proxy_set_header X-Amz-Cf-Id $request_id;",
        ]
        if caches:  # what is kept is kept uncompressed, and compressed for who wants it
            lines.append('proxy_set_header Accept-Encoding "";')
        if forwarded.cookies.kind != ALL:
            lines.append(f'proxy_set_header Cookie "{self._selected("http_cookie", forwarded.cookies)}";')
        if forwarded.headers.kind == ALL:
            return lines
        names = dict.fromkeys((*ALWAYS, *forwarded.headers.names, *(() if caches else UNCACHED_ALWAYS)))
        lines.append("proxy_pass_request_headers off;")
        lines += [
            f"proxy_set_header {name} $http_{_variable(name)};" for name in names if name.lower() != "host"
        ]
        if "user-agent" not in map(str.lower, names):
            lines.append('proxy_set_header User-Agent "Amazon CloudFront";')
        return lines

    def _response_headers(self) -> list[str]:
        """Return what adds headers to answers and takes others away."""
        lines = [f"proxy_hide_header {name};" for name in self._behaviour.removed]
        for number, header in enumerate(self._behaviour.added):
            if header.override:
                lines.append(f"proxy_hide_header {header.name};")
            value = quoted(header.value) if header.override else f"${self._name}_header_{number}"
            lines.append(f"add_header {header.name} {value} always;")
        return lines

    def _caching(self) -> list[str]:
        key = self._behaviour.cache.key
        parts = [self._name, "$cdn_path"]
        parts += [self._selected("args", key.queries), self._selected("http_cookie", key.cookies)]
        parts += [f"$http_{_variable(name)}" for name in key.headers.names]
        return [
            "proxy_cache cdn;",
            f'proxy_cache_key "{"|".join(parts)}";',
            "proxy_cache_methods GET HEAD;",
            "proxy_cache_bypass $websocket;",
            "proxy_cache_lock on;",
            "proxy_cache_revalidate on;",
            "proxy_cache_use_stale error timeout http_500 http_502 http_503 http_504;",
            # The relay's X-Accel-Expires alone decides.
            "proxy_ignore_headers Cache-Control Expires Vary X-Accel-Redirect;",
        ]

    def _selected(self, source: str, selection: Selection) -> str:
        if selection.kind == ALL:
            return f"${source}"
        known = self._names(source)
        return "".join(f"${{{self._name}_{source}_{known.index(name)}}}" for name in selection.names)

    def _names(self, source: str) -> list[str]:
        """Return the parameters or cookies that are selected by name, for the key or to be forwarded."""
        requests = (self._behaviour.forwarded, self._behaviour.cache.key)
        selections = [one.queries if source == "args" else one.cookies for one in requests]
        return list(dict.fromkeys(name for selection in selections for name in selection.names))


def _variable(header: str) -> str:
    return header.lower().replace("-", "_")

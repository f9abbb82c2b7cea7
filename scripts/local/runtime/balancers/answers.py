"""What a load balancer answers without any target: fixed responses, redirects, and its own error pages."""

from collections.abc import Mapping, Sequence

from scripts.local.runtime.balancers.deployed import Rule
from scripts.local.runtime.errors import LocalRuntimeError
from scripts.local.runtime.servers import nginx
from scripts.local.runtime.servers.nginx_syntax import block, mapping, quoted

SERVER = "awselb/2.0"
# What it says of targets that answer nothing: closed or refused, none there, too slow.
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html
PAGES = {502: "502 Bad Gateway", 503: "503 Service Temporarily Unavailable", 504: "504 Gateway Time-out"}
PAGE = (
    "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n"
    "<center><h1>{title}</h1></center>\r\n</body>\r\n</html>\r\n"
)
PLACEHOLDERS = {
    "#{protocol}": "$scheme",
    "#{host}": "$host",
    "#{port}": "$server_port",
    "#{path}": "$alb_trimmed",
    "#{query}": "$args",
    "#{?query}": "$alb_query",  # ours: with its question mark, or nothing
}
MAPS = "\n".join(
    [
        mapping("$alb_path", "alb_trimmed", {'"~^/(?<alb_rest>.*)"': "$alb_rest"}),
        mapping("$args", "alb_query", {'""': '""'}, default='"?$args"'),
        mapping("$request_id", "alb_nothing", {}),
    ]
)


def error_pages() -> list[str]:
    """Return the directives by which a location turns to the error pages."""
    return [f"error_page {status} @alb_{status};" for status in PAGES]


def error_locations() -> list[str]:
    """Return the locations of the error pages."""
    return [
        block(
            f"location @alb_{status}",
            [
                *nginx.server_header(SERVER),
                "default_type text/html;",
                f"return {status} {quoted(PAGE.format(title=title))};",
            ],
        )
        for status, title in PAGES.items()
    ]


def place_of(name: str) -> str:
    """Return the path to which a request is turned that the rule `name` answers."""
    return f"/alb/{name}"


def answer(name: str, rule: Rule, places: Mapping[str, int]) -> str:
    """Return the location that gives a rule's answer without any target."""
    action = rule.action
    if action["Type"] == "fixed-response":
        config = action["FixedResponseConfig"]
        content_type = quoted(config.get("ContentType") or "text/plain")
        body = quoted(config["MessageBody"]) if config.get("MessageBody") else "$alb_nothing"
        answer = f"return {config['StatusCode']} {body};"
        return _location(name, [f"default_type {content_type};", answer])
    if action["Type"] == "redirect":
        config = action["RedirectConfig"]
        return _location(
            name, [f"return {config['StatusCode'].removeprefix('HTTP_')} {_target(config, places)};"]
        )
    raise LocalRuntimeError(f"A listener rule has the action {action['Type']!r}, which nothing here follows.")


def _location(name: str, lines: Sequence[str]) -> str:
    return block(f"location = {place_of(name)}", ["internal;", *nginx.server_header(SERVER), *lines])


def _target(config: Mapping[str, str], places: Mapping[str, int]) -> str:
    """Return where a redirect leads, its placeholders replaced by variables.

    One to another listener of the same load balancer leads to where that is here, which speaks HTTP.
    """
    protocol, host = config.get("Protocol", "#{protocol}").lower(), config.get("Host", "#{host}")
    port, path = config.get("Port", "#{port}"), config.get("Path", "/#{path}")
    if host == "#{host}" and port in places:
        protocol, port = "http", str(places[port])
    query = config.get("Query", "#{query}")
    end = "#{?query}" if query == "#{query}" else f"?{query}"
    target = quoted(f"{protocol}://{host}:{port}{path}{end}")
    for placeholder, variable in PLACEHOLDERS.items():
        target = target.replace(placeholder, f"${{{variable[1:]}}}")
    return target

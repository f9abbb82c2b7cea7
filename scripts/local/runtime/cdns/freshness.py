"""For how long an answer is kept: the origin's Cache-Control within the limits of the cache policy.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/Expiration.html. CloudFront also keeps
errors, for ten seconds where it is not told otherwise; here they are never kept, to see a repair at once.
"""

from scripts.local.runtime.cdns.deployed import CachePolicy
from scripts.local.runtime.servers.nginx_syntax import greater, lesser, mapping

# The origin's status, content type and Cache-Control, as one text.
SOURCE = '"$upstream_status $upstream_http_content_type $upstream_http_cache_control"'
KEPT = "(?:200|203|301|302|307|308)"


def lifetime(variable: str, policy: CachePolicy) -> str:
    """Return the map that sets `variable` to the seconds that an origin's answer is kept, 0 for not at all.

    nginx cannot compare numbers, but patterns can: the first that matches decides.
    """
    cases = {
        f'"~^(?!{KEPT} )"': "0",
        '"~*^\\d+ text/event-stream"': "0",  # it has no end, and is not to go on when who asked has left
        f'"~*{_directive("(?:no-store|no-cache|private)")}"': str(policy.min_ttl),
    }
    for number, name in enumerate(("s-maxage", "max-age")):
        value = _directive(rf"{name}=\"?0*")
        captured = f"{variable}_{number}"
        cases |= {
            f'"~*{value}{lesser(policy.min_ttl)}(?!\\d)"': str(policy.min_ttl),
            f'"~*{value}{greater(policy.max_ttl)}(?!\\d)"': str(policy.max_ttl),
            f'"~*{value}(?<{captured}>\\d+)"': f"${captured}",
        }
    unsaid = min(max(policy.default_ttl, policy.min_ttl), policy.max_ttl)
    return mapping(SOURCE, variable, cases, default=str(unsaid))


def _directive(pattern: str) -> str:
    """Return the pattern of a directive anywhere in the header."""
    return f"[ ,]{pattern}"

"""What a forward proxy lets through, decided here the way Squid decides: the first line that fits."""

import base64
from ipaddress import IPv4Address, IPv4Network

import pytest
import yaml

from infra.instance import squid

DIRECTIVES = {
    "http_port", "visible_hostname", "acl", "http_access", "cache", "access_log", "forwarded_for", "via",
    "shutdown_lifetime",
}  # fmt: skip
CONFIGURATION = squid.configuration(IPv4Network("10.0.0.0/16"), ["api.example.org", ".example.com"])


class Squid:
    """As much of Squid's access control as the configuration uses. http://www.squid-cache.org/Doc/config/acl/"""

    def __init__(self, configuration: str) -> None:
        self.lists: dict[str, tuple[str, list[str]]] = {}
        self.access: list[tuple[str, list[str]]] = []
        for line in filter(None, configuration.splitlines()):
            directive, *words = line.split()
            assert directive in DIRECTIVES, line
            if directive == "acl":
                name, kind, *values = words
                known, before = self.lists.setdefault(name, (kind, []))
                assert known == kind, "one list is of one kind"
                before.extend(values)
            if directive == "http_access":
                verdict, *names = words
                assert all(name.lstrip("!") in {*self.lists, "all"} for name in names), "used before defined"
                self.access.append((verdict, names))

    def lets(self, host: str, *, port: int = 443, method: str = "CONNECT", client: str = "10.0.3.4") -> bool:
        address = host if host[0].isdigit() else "93.184.216.34"

        def fits(name: str) -> bool:
            if name.startswith("!"):
                return not fits(name[1:])
            if name == "all":
                return True
            kind, values = self.lists[name]
            match kind:
                case "src" | "dst":
                    ip = IPv4Address(client if kind == "src" else address)
                    return any(ip in IPv4Network(value) for value in values)
                case "method":
                    return method in values
                case "port":
                    return str(port) in values
                case "dstdomain":
                    return any(
                        host == value.lstrip(".") or (value[0] == "." and host.endswith(value))
                        for value in values
                    )
            raise AssertionError(f"no list of the kind {kind} is expected")

        return next(verdict for verdict, names in self.access if all(map(fits, names))) == "allow"


@pytest.mark.parametrize("host", ["api.example.org", "example.com", "www.example.com"])
def test_listed_domains_are_reached_by_https(host: str) -> None:
    assert Squid(CONFIGURATION).lets(host)


@pytest.mark.parametrize("host", ["example.org", "www.api.example.org", "badexample.com", "169.254.169.254"])
def test_nobody_else_is(host: str) -> None:
    assert not Squid(CONFIGURATION).lets(host)


def test_neither_other_ports_nor_plain_requests_nor_strangers_are_served() -> None:
    proxy = Squid(CONFIGURATION)
    assert not proxy.lets("example.com", port=22)
    assert not proxy.lets("example.com", port=443, method="GET")
    assert not proxy.lets("example.com", client="10.1.0.1")


def test_a_listed_name_that_leads_inside_is_refused_before_the_list_is_asked() -> None:
    access = Squid(CONFIGURATION).access
    assert access.index(("deny", ["private"])) < access.index(("allow", ["allowed"]))
    assert access[-1] == ("deny", ["all"])


def test_a_list_keeps_no_domain_that_another_one_covers() -> None:
    wide = [".amazonaws.com", "kinesis.eu-west-1.amazonaws.com", "api.example.org", "api.example.org"]
    assert squid.covering(wide) == [".amazonaws.com", "api.example.org"]
    assert squid.covering(["example.com", "www.example.com"]) == ["example.com", "www.example.com"]


def test_squid_checks_the_configuration_before_it_starts() -> None:
    document = yaml.safe_load(base64.b64decode(squid.user_data(IPv4Network("10.0.0.0/16"), ["example.com"])))
    commands = document["runcmd"]
    assert commands.index("squid -k parse") < commands.index("systemctl enable --now squid")

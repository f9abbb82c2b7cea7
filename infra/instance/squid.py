"""The cloud-init document of a forward proxy: Squid, which connects to the domains of a list only."""

import base64
from collections.abc import Sequence
from ipaddress import IPv4Network

import yaml

PORT = 3128
PRIVATE = "10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.168.0.0/16"
"""Where no name of the internet should lead to: the VPC itself, and the metadata service."""


def covers(wider: str, domain: str) -> bool:
    """Whether the entry `wider` of a list lets all of `domain` through: Squid refuses a list with both."""
    return wider[0] == "." and f".{domain}".endswith(wider)


def covering(domains: Sequence[str]) -> list[str]:
    """`domains` without those that others of them cover."""
    distinct = list(dict.fromkeys(domains))
    return [
        domain
        for domain in distinct
        if not any(covers(other, domain) for other in distinct if other != domain)
    ]


def user_data(clients: IPv4Network, domains: Sequence[str]) -> str:
    """The document for a proxy of the network `clients`, base64 as a launch template wants it."""
    config = {
        "write_files": [{"path": "/etc/squid/blueprint.conf", "content": configuration(clients, domains)}],
        "runcmd": [
            # The package comes from S3, through the gateway endpoint; the first moments may find no network.
            "until dnf install --assumeyes --quiet squid; do sleep 5; done",
            "mv /etc/squid/blueprint.conf /etc/squid/squid.conf",
            "squid -k parse",
            "systemctl enable --now squid",
        ],
    }
    document = "#cloud-config\n" + yaml.safe_dump(config, sort_keys=False, width=1_000)
    return base64.b64encode(document.encode()).decode()


def configuration(clients: IPv4Network, domains: Sequence[str]) -> str:
    """Squid's configuration: the first line of access that fits a request decides.

    Args:
        clients: who may ask.
        domains: whom they may reach; with a leading dot, its subdomains too.
    """
    allowed = "\n".join(f"acl allowed dstdomain {domain}" for domain in sorted(domains))
    return f"""\
http_port {PORT}
visible_hostname proxy

acl clients src {clients}
acl tunnel method CONNECT
acl https port 443
acl private dst {PRIVATE}
{allowed}

http_access deny !clients
http_access deny !tunnel
http_access deny !https
http_access deny !allowed
http_access deny private
http_access allow allowed
http_access deny all

cache deny all
access_log stdio:/var/log/squid/access.log
forwarded_for delete
via off
shutdown_lifetime 10 seconds
"""

"""The cloud-init document of a NAT instance: forwards what private subnets send, by HTTPS only."""

import base64
from collections.abc import Sequence
from ipaddress import IPv4Network

import yaml

RULES_FILE = "/etc/nftables/nat.nft"


def user_data(sources: Sequence[IPv4Network]) -> str:
    """The document for a NAT of the networks `sources`, base64 as EC2 wants it."""
    config = {
        "write_files": [
            {"path": "/etc/sysctl.d/90-nat.conf", "content": "net.ipv4.ip_forward = 1\n"},
            {"path": RULES_FILE, "permissions": "0600", "content": rules(sources)},
            {"path": "/etc/systemd/system/nat.service", "content": UNIT},
        ],
        "runcmd": [
            # The package comes from S3, through the gateway endpoint; the first moments may find no network.
            "until dnf install --assumeyes --quiet nftables; do sleep 5; done",
            "systemctl enable --now nat.service",
        ],
    }
    document = "#cloud-config\n" + yaml.safe_dump(config, sort_keys=False, width=1_000)
    return base64.b64encode(document.encode()).decode()


def rules(sources: Sequence[IPv4Network]) -> str:
    """What nftables does with packets: those of `sources` go out to port 443 under the instance's address."""
    inside = ", ".join(str(source) for source in sources)
    return f"""\
add table ip nat_instance
delete table ip nat_instance
table ip nat_instance {{
    chain forward {{
        type filter hook forward priority filter; policy drop;
        ct state established,related accept
        ip saddr {{ {inside} }} tcp dport 443 accept
    }}
    chain postrouting {{
        type nat hook postrouting priority srcnat; policy accept;
        ip saddr {{ {inside} }} masquerade
    }}
}}
"""


UNIT = f"""\
[Unit]
Description=Network address translation for the private subnets
After=network-online.target
Wants=network-online.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStartPre=/usr/sbin/sysctl --system
ExecStart=/usr/sbin/nft --file {RULES_FILE}

[Install]
WantedBy=multi-user.target
"""

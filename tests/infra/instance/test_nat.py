"""What a NAT instance is told at birth."""

import base64
from ipaddress import IPv4Network

import yaml

from infra.instance import nat

SOURCES = [IPv4Network("10.0.64.0/20"), IPv4Network("10.0.80.0/20")]


def test_the_rules_stand_before_the_unit_that_loads_them_starts() -> None:
    document = base64.b64decode(nat.user_data(SOURCES)).decode()
    config = yaml.safe_load(document)
    files = {file["path"]: file["content"] for file in config["write_files"]}
    assert document.startswith("#cloud-config\n")
    assert files[nat.RULES_FILE] == nat.rules(SOURCES)
    assert f"ExecStart=/usr/sbin/nft --file {nat.RULES_FILE}" in files["/etc/systemd/system/nat.service"]
    assert files["/etc/sysctl.d/90-nat.conf"] == "net.ipv4.ip_forward = 1\n"
    assert config["runcmd"][-1] == "systemctl enable --now nat.service"


def test_only_https_of_the_sources_is_forwarded() -> None:
    lines = [line.strip() for line in nat.rules(SOURCES).splitlines()]
    forward = lines[lines.index("chain forward {") + 1 : lines.index("}")]
    assert forward == [
        "type filter hook forward priority filter; policy drop;",
        "ct state established,related accept",
        "ip saddr { 10.0.64.0/20, 10.0.80.0/20 } tcp dport 443 accept",
    ]


def test_rules_can_be_loaded_again_in_place_of_themselves() -> None:
    assert nat.rules(SOURCES).splitlines()[:3] == [
        "add table ip nat_instance",
        "delete table ip nat_instance",
        "table ip nat_instance {",
    ]

"""The cloud-init document of an instance: enough to become a server of one service."""

import base64
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import yaml

LIMIT = 16 * 1024
"""Bytes of user data that EC2 takes, before base64."""

PYTHON = "python3.13"
"""What the service runs under; Amazon Linux 2023 has it as a package beside its own, older one."""

BOOT = Path(__file__).with_name("boot.py")


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """Where the service's bundle lies, and the checksum (SHA-256, hexadecimal) that it must have."""

    bucket: str
    key: str
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Instance:
    """What an instance is to be.

    Attributes:
        service: the service's name, which is also its user's and its systemd unit's.
        region: AWS region.
        port: where it listens for requests.
        artifact: what to install.
        parameters: path in Parameter Store below which the service's environment stands.
    """

    service: str
    region: str
    port: int
    artifact: Bundle
    parameters: str


def user_data(instance: Instance) -> str:
    """The document for `instance`, base64 as a launch template wants it.

    Raises:
        ValueError: it is longer than EC2 takes.
    """
    document = "#cloud-config\n" + yaml.safe_dump(_cloud_config(instance), sort_keys=False, width=1_000)
    size = len(document.encode())
    if size > LIMIT:
        raise ValueError(f"user data of {instance.service} has {size} bytes; EC2 takes {LIMIT}")
    return base64.b64encode(document.encode()).decode()


def _cloud_config(instance: Instance) -> Mapping[str, object]:
    unit = f"{instance.service}.service"
    return {
        "packages": [PYTHON],
        "users": ["default", {"name": instance.service, "system": True, "shell": "/sbin/nologin"}],
        "write_files": [
            _file("/etc/blueprint/instance.json", json.dumps(asdict(instance), indent=2)),
            _file("/usr/local/sbin/blueprint-boot", BOOT.read_text(), permissions="0755"),
            _file(f"/etc/systemd/system/{unit}", _unit(instance.service)),
        ],
        "runcmd": [["/usr/local/sbin/blueprint-boot"], ["systemctl", "enable", "--now", unit]],
    }


def _file(path: str, content: str, permissions: str = "0644") -> Mapping[str, str]:
    return {"path": path, "permissions": permissions, "content": content}


def _unit(service: str) -> str:
    """Migrates the database before each start (the migrations wait for each other), then serves."""
    python = f"/usr/bin/{PYTHON}"
    return f"""\
[Unit]
Description={service}
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

[Service]
User={service}
EnvironmentFile=/etc/blueprint/environment
Environment=PYTHONPATH=/opt/blueprint/current/site-packages:/opt/blueprint/current
WorkingDirectory=/opt/blueprint/current
ExecStartPre={python} -m app.platform.migrations upgrade
ExecStart={python} -m granian --interface asgi --host ${{HOST}} --port ${{PORT}} --workers 1 app.main:app
Restart=always
RestartSec=2
TimeoutStopSec=30
NoNewPrivileges=true
PrivateTmp=true
ProtectSystem=strict
ProtectHome=true

[Install]
WantedBy=multi-user.target
"""

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
CONNECTIONS = 4096  # that a server holds at once: the live ones that the shop has places for, and requests
"""What the service runs under; Amazon Linux 2023 has it as a package beside its own, older one."""

AGENT = "amazon-cloudwatch-agent"
AGENT_HOME = "/opt/aws/amazon-cloudwatch-agent"
AGENT_CONFIG = f"{AGENT_HOME}/etc/blueprint.json"

BOOT = Path(__file__).with_name("boot.py")
LIFECYCLE = Path(__file__).with_name("lifecycle.py")


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
        group: the auto-scaling group that it belongs to.
        health_path: where the service answers 200 once it is alive.
        launch_hook: whether the group waits until the instance says that it has come up.
        log: the log group for what the service, and the boot, write.
    """

    service: str
    region: str
    port: int
    artifact: Bundle
    parameters: str
    group: str
    health_path: str
    launch_hook: bool
    log: str


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
        "packages": [PYTHON, AGENT, "logrotate"],
        "users": ["default", {"name": instance.service, "system": True, "shell": "/sbin/nologin"}],
        "write_files": [
            _file("/etc/blueprint/instance.json", json.dumps(asdict(instance), indent=2)),
            _file("/usr/local/sbin/blueprint-boot", BOOT.read_text(), permissions="0755"),
            _file("/usr/local/sbin/blueprint-lifecycle", LIFECYCLE.read_text(), permissions="0755"),
            _file(f"/etc/systemd/system/{unit}", _unit(instance.service)),
            _file("/etc/systemd/system/blueprint-lifecycle.service", LIFECYCLE_UNIT),
            _file(AGENT_CONFIG, json.dumps(_agent(instance), indent=1)),
            _file(f"/etc/logrotate.d/{instance.service}", _rotation(instance.service)),
        ],
        "runcmd": [
            [
                f"{AGENT_HOME}/bin/{AGENT}-ctl",
                "-a",
                "fetch-config",
                "-m",
                "ec2",
                "-s",
                "-c",
                f"file:{AGENT_CONFIG}",
            ],
            ["/usr/local/sbin/blueprint-boot"],
            ["systemctl", "enable", "--now", unit, "blueprint-lifecycle.service"],
        ],
    }


def _log_file(service: str) -> str:
    return f"/var/log/{service}.log"


def _agent(instance: Instance) -> Mapping[str, object]:
    """What CloudWatch's agent sends: the service's log, the boot's, and what EC2 cannot see from outside.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Agent-Configuration-File-Details.html
    """
    files = {
        _log_file(instance.service): "{instance_id}",
        "/var/log/cloud-init-output.log": "{instance_id}/boot",
    }
    of_group = {"append_dimensions": {"AutoScalingGroupName": instance.group}}
    return {
        "agent": {"region": instance.region, "omit_hostname": True},  # metrics of the group, not of each
        "logs": {
            "logs_collected": {
                "files": {
                    "collect_list": [
                        {"file_path": path, "log_group_name": instance.log, "log_stream_name": stream}
                        for path, stream in files.items()
                    ]
                }
            }
        },
        "metrics": {
            "aggregation_dimensions": [["AutoScalingGroupName"]],
            "metrics_collected": {
                "mem": {"measurement": ["mem_used_percent"], **of_group},
                "disk": {"measurement": ["disk_used_percent"], "resources": ["/"], **of_group},
            },
        },
    }


def _rotation(service: str) -> str:
    """The agent follows a file that is cut short; systemd would go on writing to one that is renamed."""
    return f"""\
{_log_file(service)} {{
    hourly
    size 50M
    rotate 2
    copytruncate
    missingok
}}
"""


def _file(path: str, content: str, permissions: str = "0644") -> Mapping[str, str]:
    return {"path": path, "permissions": permissions, "content": content}


def _unit(service: str) -> str:
    """Migrates the database before each start (the migrations wait for each other), then serves.

    Granian holds as many connections as `backpressure` says, by itself 1024: live ones alone may be more.
    """
    python = f"/usr/bin/{PYTHON}"
    granian = f"{python} -m granian --interface asgi --host ${{HOST}} --port ${{PORT}} --workers 1"
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
ExecStart={granian} --backpressure {CONNECTIONS} app.main:app
LimitNOFILE=65536
Restart=always
RestartSec=2
TimeoutStopSec=30
StandardOutput=append:{_log_file(service)}
StandardError=inherit
NoNewPrivileges=true
PrivateTmp=true
ProtectSystem=strict
ProtectHome=true

[Install]
WantedBy=multi-user.target
"""


LIFECYCLE_UNIT = """\
[Unit]
Description=Takes the instance into service and out of it
Wants=network-online.target
After=network-online.target

[Service]
ExecStart=/usr/local/sbin/blueprint-lifecycle
Restart=on-failure
RestartSec=5

[Install]
WantedBy=multi-user.target
"""

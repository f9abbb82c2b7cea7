#!/usr/bin/python3
"""Takes the instance into service and out of it, hand in hand with its auto-scaling group.

cloud-init writes this very file to /usr/local/sbin/blueprint-lifecycle; a systemd unit keeps it running. It
needs what Amazon Linux 2023 has from the start, Python 3.9 and the AWS CLI. What it does:

- where the group waits for it, it says that the instance has come up once the service answers;
- when the group wants the instance to end, it stops the service, whose last requests are finished by then,
  and says that the instance may go.
"""

import http.client
import json
import subprocess
import time
from pathlib import Path

METADATA = "169.254.169.254"
SYSTEMCTL = "/usr/bin/systemctl"
OK = 200
POLL = 5
"""Seconds between looks at what the group wants."""

LEAVE = 10
"""Seconds between the group's wish and the stop: the load balancer sends nothing new by then."""

ENDS = ("Terminated", "Warmed:Terminated")


def live(root: Path, metadata: str = METADATA) -> None:
    """Accompany the instance that <root>/etc/blueprint/instance.json describes, to its end."""
    instance = json.loads((root / "etc/blueprint/instance.json").read_text())
    identifier = (root / "var/lib/cloud/data/instance-id").read_text().strip()
    if instance["launch_hook"]:
        while ask(f"127.0.0.1:{instance['port']}", "GET", instance["health_path"])[0] != OK:
            time.sleep(POLL)
        complete(instance, identifier, "launch")
    while wanted(metadata) not in ENDS:
        time.sleep(POLL)
    time.sleep(LEAVE)
    subprocess.run([SYSTEMCTL, "stop", f"{instance['service']}.service"], check=False)
    complete(instance, identifier, "drain")


def wanted(metadata: str) -> str:
    """The state that the group wants the instance to be in; "" where nobody knows."""
    lifetime = {"X-aws-ec2-metadata-token-ttl-seconds": "60"}
    status, token = ask(metadata, "PUT", "/latest/api/token", lifetime)
    if status != OK:
        return ""
    path = "/latest/meta-data/autoscaling/target-lifecycle-state"
    status, state = ask(metadata, "GET", path, {"X-aws-ec2-metadata-token": token})
    return state.strip() if status == OK else ""


def ask(host: str, method: str, path: str, headers: "dict[str, str] | None" = None) -> "tuple[int, str]":
    """Status and text of an answer; status 0 where there is none."""
    connection = http.client.HTTPConnection(host, timeout=5)
    try:
        connection.request(method, path, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    except (OSError, http.client.HTTPException):
        return 0, ""
    finally:
        connection.close()


def complete(instance: "dict[str, str]", identifier: str, hook: str) -> None:
    """Say that the group need not wait; where it does not, AWS refuses, which is just as well."""
    command = ["aws", "autoscaling", "complete-lifecycle-action", "--region", instance["region"]]
    command += ["--auto-scaling-group-name", instance["group"], "--instance-id", identifier]
    command += ["--lifecycle-hook-name", hook, "--lifecycle-action-result", "CONTINUE"]
    subprocess.run(command, check=False)


if __name__ == "__main__":
    live(Path("/"))

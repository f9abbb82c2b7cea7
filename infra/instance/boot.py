#!/usr/bin/python3
"""Brings a service onto the instance it runs on: its bundle from S3, its environment from Parameter Store.

cloud-init writes this very file to /usr/local/sbin/blueprint-boot and runs it once. It needs what Amazon
Linux 2023 has from the start, Python 3.9 and the AWS CLI. It may be run again at any time, to the same end.
"""

import hashlib
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

PAUSES = (1, 2, 4, 8, 16, 32, 64)
"""Seconds between attempts to reach AWS: a new role's permissions take a while to be known everywhere."""


def boot(root: Path) -> None:
    """Install the service that <root>/etc/blueprint/instance.json describes.

    Raises:
        SystemExit: the bundle is not the one that was deployed.
        subprocess.CalledProcessError: AWS refused to the end.
    """
    instance = json.loads((root / "etc/blueprint/instance.json").read_text())
    install(root / "opt/blueprint", instance["artifact"])
    values = {
        **parameters(instance["parameters"], instance["region"]),
        "HOST": "0.0.0.0",  # noqa: S104 - the load balancer comes from outside
        "PORT": str(instance["port"]),
        "INSTANCE_ID": (root / "var/lib/cloud/data/instance-id").read_text().strip(),
        "AWS_REGION": instance["region"],
        "AWS_DEFAULT_REGION": instance["region"],
    }
    write_environment(root / "etc/blueprint/environment", values)


def install(home: Path, artifact: "dict[str, str]") -> None:
    """Unpack the bundle below <home>/releases, under its checksum, and point <home>/current at it."""
    release = home / "releases" / artifact["sha256"]
    if not release.is_dir():
        release.parent.mkdir(parents=True, exist_ok=True)
        bundle = home / "bundle.tar.gz"
        aws("s3", "cp", "--only-show-errors", f"s3://{artifact['bucket']}/{artifact['key']}", str(bundle))
        actual = hashlib.sha256(bundle.read_bytes()).hexdigest()
        if actual != artifact["sha256"]:
            sys.exit(f"{artifact['key']} has the checksum {actual}, deployed was {artifact['sha256']}")
        partial = release.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir()
        subprocess.run(["/usr/bin/tar", "-xzf", bundle, "--no-same-owner", "-C", partial], check=True)
        partial.rename(release)
        bundle.unlink()
    link = home / "current.new"
    link.unlink(missing_ok=True)
    link.symlink_to(release)
    link.replace(home / "current")


def parameters(path: str, region: str) -> "dict[str, str]":
    """The parameters below `path`, by the last part of their names."""
    query = "Parameters[].[Name,Value]"
    arguments = ("--path", path, "--region", region, "--query", query, "--output", "json")
    pairs = json.loads(aws("ssm", "get-parameters-by-path", *arguments))
    return {name.rpartition("/")[2]: value for name, value in pairs}


def write_environment(path: Path, values: "dict[str, str]") -> None:
    """Write `values` the way systemd reads an EnvironmentFile."""
    lines = [f"{name}={value}\n" for name, value in sorted(values.items())]
    partial = path.with_suffix(".partial")
    partial.write_text("".join(lines))
    partial.chmod(0o640)
    partial.replace(path)


def aws(*arguments: str) -> str:
    """What the AWS CLI prints, asked again while AWS refuses."""
    command = ["aws", *arguments]
    for pause in PAUSES:
        result = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        if result.returncode == 0:
            return result.stdout
        time.sleep(pause)
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


if __name__ == "__main__":
    boot(Path("/"))

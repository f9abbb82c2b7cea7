"""Whole stacks for tests: what was built, which settings, and what the program then does."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml
from pulumi.runtime import Mocks

from infra import lineage
from infra.errors import SettingsError
from infra.manifest import NAMES, Manifest
from infra.settings import Settings
from infra.settings.presets import PRESETS
from infra.stack import Stack
from scripts.evaluation.recorder import REGION, Recording, Registered, record

ROOT = Path(__file__).parents[2]

DEV: dict[str, Any] = {"preset": "single", "stage": "dev"}
"""The fewest settings that a stack has."""

OWNERS: dict[str, Any] = {"alarm_email": "team@example.com", "compute": {"ami": "ami-0fedcba9876543210"}}
"""What production leaves for its owner to say."""

PROD: dict[str, Any] = {"preset": "growth", "stage": "prod", **OWNERS}
"""The fewest settings that a production stack has."""


def build(folder: Path, platform: str = "arm64") -> Path:
    """Write small artifacts and their manifest the way `blueprint build` does, and return their folder."""
    folder.mkdir(parents=True)
    artifacts = {}
    for name in sorted(NAMES):
        suffix = "tar.gz" if name == "app" else "zip"
        content = f"the {name}".encode()
        checksum = hashlib.sha256(content).hexdigest()
        path = folder / f"{name}-{checksum[:12]}.{suffix}"
        path.write_bytes(content)
        artifacts[name] = {"file": path.name, "sha256": checksum, "size": len(content)}
    manifest = {"platform": platform, "python": "3.13", "artifacts": artifacts}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def stack_file(stack: str) -> dict[str, Any]:
    """The config of Pulumi.<stack>.yaml, as if the project was still called blueprint."""
    config: dict[str, Any] = yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text())["config"]
    own = {key.replace(f"{lineage.NAME}:", "blueprint:"): value for key, value in config.items()}
    own.pop("blueprint:former_name", None)  # what a fork remembers
    return own


def own_settings(stack: str) -> dict[str, Any]:
    """What Pulumi.<stack>.yaml sets for the project, keys without its name."""
    prefix = "blueprint:"
    return {k.removeprefix(prefix): v for k, v in stack_file(stack).items() if k.startswith(prefix)}


def as_pulumi_hands_over(config: Mapping[str, Any]) -> dict[str, str]:
    """Config values the way the engine passes them to a program: as text, structures as JSON."""
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}


def parse(
    config: Mapping[str, Any], *, project: str = "blueprint", stack: str = "dev", region: str = REGION
) -> Settings:
    """Settings from plain values."""
    return Settings.parse(config, project=project, stack=stack, region=region)


def refusal(config: Mapping[str, Any], **names: str) -> str:
    """What is said about settings that cannot work."""
    with pytest.raises(SettingsError) as caught:
        parse(config, **names)
    return str(caught.value)


def evaluate(
    config: Mapping[str, Any],
    dist: Path,
    *,
    project: str = "blueprint",
    stack: str = "dev",
    region: str = REGION,
    mocks: Mocks | None = None,
) -> Recording:
    """Everything that the program registers for these settings."""
    settings = parse(config, project=project, stack=stack, region=region)

    def program() -> None:
        for name, value in Stack(settings, Manifest.read(dist, settings)).outputs().items():
            pulumi.export(name, value)

    return record(program, project=project, stack=stack, mocks=mocks)


def fleets(recording: Recording) -> list[Registered]:
    """The auto-scaling groups of services; others, such as a proxy's, have hands of their own."""
    return [it for it in recording.of("autoscaling/group:Group") if "blueprint:compute:Fleet$" in it.urn]


EVERYTHING: dict[str, Any] = {
    "preset": "internet",
    "stage": "prod",
    **OWNERS,
    "tags": {"CostCentre": "42"},
    "network": {
        "nat": "none",
        "interface_endpoints": [
            "autoscaling",
            "cognito-idp",
            "email",
            "events",
            "kinesis-streams",
            "secretsmanager",
            "sqs",
            "ssm",
            "transcribe",
        ],
        "proxy_domains": [".example.com", "api.example.org"],
        "flow_logs": "cloudwatch",
    },
    "load_balancer": {"connection_logs": True},
    "second_region": {"ami": "ami-0123456789abcdef0"},
    "streams": {"positions": {"shards": 4, "shard_metrics": True}},
    "lake": {"partition_by": "record"},
    "kafka": {"enabled": True},
    "domain": {
        "name": "shop.example.com",
        "aliases": ["www.shop.example.com"],
        "create_zone": True,
        "delegated": True,
    },
    "waf": {"regional": True, "count": {"common": ["SizeRestrictions_BODY"], "ip_reputation": []}},
    "cdn": {"origin_shield": "us-east-1", "refused_countries": ["KP"]},
    "gateway": {
        "routes": {
            "POST /orders": {"rate": 10, "burst": 20, "signed_in": True},
            "ANY /products/{proxy+}": {"target": "services"},
        },
        "cors": {"origins": ["https://partner.example.com"], "credentials": True},
    },
    "identity": {"mfa": "ON", "ses": True, "tier": "PLUS", "threat_protection": "ENFORCED"},
    "database": {
        "iops": 20_000,
        "throughput": 1000,
        "replica_class": "db.r7g.2xlarge",
        "max_connections": 4000,
        "parameters": {"work_mem": "8192"},
        "auto_explain": True,
        "logical_replication": True,
        "log_exports": ["postgresql", "upgrade"],
        "backup_window": "02:00-03:00",
        "maintenance_window": "sun:03:30-sun:04:30",
        "ca_certificate": "rds-ca-rsa2048-g1",
    },
    "cache": {
        "password_version": 2,
        "parameters": {"timeout": "300"},
        "snapshot_window": "02:00-03:00",
        "maintenance_window": "sun:03:30-sun:04:30",
    },
    "pipeline": {
        "repository": "acme/shop",
        "session_hours": 4,
        "state_bucket": "acme-pulumi-state",
        "secrets_key_arn": "arn:aws:kms:us-east-1:123456789012:key/0f1e2d3c",
    },
    "tables": {"max_reads": 20_000, "max_writes": 10_000},
    "services": {
        "catalog": {
            "spot": {"percent": 50, "on_demand_base": 6},
            "instance_types": ["m7g.xlarge", "m6g.xlarge"],
        },
        "orders": {"warm_pool": {"size": 3}, "max_lifetime_days": 30},
        "realtime": {
            "launch_timeout": 300,
            "scaling": {"schedules": {"evening": {"cron": "0 17 * * *", "min_size": 12}}},
        },
    },
    "functions": {
        "order_notifications": {"reserved_concurrency": 50, "max_concurrency": 40},
        "api": {"reserved_concurrency": 100, "provisioned_concurrency": 5},
    },
}
"""Every option switched on, for what no preset has."""

SETTINGS: Mapping[str, Mapping[str, Any]] = {
    "local": own_settings("local"),
    "dev": own_settings("dev"),
    "staging": own_settings("staging"),
    "prod": PROD,
    "everything": EVERYTHING,
    **{preset: {**DEV, "preset": preset} for preset in PRESETS},
}
"""The settings of every stack that tests look at: those with a file, and each preset by itself."""

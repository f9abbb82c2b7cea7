"""The runtime as a process: brings what is deployed to life, and leaves no process behind."""

import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from scripts.local.ledger import Ledger
from scripts.local.runtime.aws_client import Aws
from scripts.local.runtime.ports import Ports
from tests.scripts.local.runtime.deployed import bundle, deploy_database, deploy_fleet, deploy_load_balancer
from tests.scripts.local.runtime.process import alive, started, status
from tests.waiting import PATIENCE, wait_until


@pytest.fixture(scope="module")
def deployed(endpoint: str) -> str:
    """The endpoint of a local AWS with a database, a cache, a fleet and its load balancer."""
    aws = Aws(endpoint, "us-east-1")
    deploy_database(aws, "shop")
    aws.client("elasticache").create_replication_group(
        ReplicationGroupId="shop", ReplicationGroupDescription="shop", NumCacheClusters=1, Engine="redis"
    )
    group = deploy_load_balancer(aws, "shop")
    deploy_fleet(aws, "shop", content=bundle(), target_groups=(group,))
    return endpoint


def test_everything_comes_alive_and_sigterm_ends_it_all(deployed: str, tmp_path: Path) -> None:
    port = Ports().take("load_balancer")
    with started(tmp_path, deployed, "--port", f"load_balancer={port}") as runtime:
        wait_until(lambda: status(tmp_path)["healthy"])
        told = status(tmp_path)
        assert sorted(process["role"] for process in told["processes"]) == [
            "app",
            "balancer",
            "cache",
            "console",
            "database",
            "runtime-standby",
        ]
        addresses = told["addresses"]
        assert addresses["aws"] == deployed
        assert addresses["load_balancer"] == f"http://127.0.0.1:{port}"
        assert httpx.get(f"{addresses['load_balancer']}/any", timeout=PATIENCE).json()["path"] == "/any"
        recorded = Ledger(tmp_path).entries()
        assert {entry.role for entry in recorded} == {
            "app",
            "balancer",
            "cache",
            "console",
            "database",
            "runtime",
            "runtime-standby",
        }

        runtime.send_signal(signal.SIGTERM)
        assert runtime.wait(30) == 0
        assert alive(recorded) == []
        assert Ledger(tmp_path).entries() == []
        assert sorted(path.name for path in tmp_path.iterdir()) == [
            "cache",
            "leader.lock",
            "logs",
            "processes",
            "timeline.jsonl",
        ]


def test_what_a_killed_runtime_leaves_is_ended_by_the_ledger_while_the_standby_takes_over(
    deployed: str, tmp_path: Path
) -> None:
    with started(tmp_path, deployed) as runtime:
        wait_until(lambda: status(tmp_path)["healthy"])
        recorded = Ledger(tmp_path).entries()
        runtime.kill()
        runtime.wait()
        assert len(alive(recorded)) == 6
        Ledger(tmp_path).end_all()
        wait_until(lambda: alive(recorded) == [])
        assert Ledger(tmp_path).entries() == []


def test_nothing_is_healthy_before_something_is_deployed(tmp_path: Path) -> None:
    """No AWS is there at all yet."""
    with started(tmp_path, f"http://127.0.0.1:{Ports().take('aws')}") as runtime:
        wait_until((tmp_path / "status.json").exists)
        assert not status(tmp_path)["healthy"]
        runtime.send_signal(signal.SIGTERM)
        assert runtime.wait(30) == 0


def test_a_second_runtime_with_the_same_state_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    nowhere = f"http://127.0.0.1:{Ports().take('aws')}"
    with started(tmp_path, nowhere) as first:
        wait_until((tmp_path / "status.json").exists)
        second = subprocess.run(
            [sys.executable, "-m", "scripts.local.runtime", "--state", str(tmp_path), "--endpoint", nowhere],
            capture_output=True,
            text=True,
            check=False,
        )
        assert second.returncode == 1
        assert f"already runs with the state folder {tmp_path} (process {first.pid})" in second.stderr
        assert "Traceback" not in second.stderr
        assert first.poll() is None


def test_a_wrong_port_is_refused_with_a_message(tmp_path: Path) -> None:
    with started(tmp_path, "http://127.0.0.1:1", "--port", "web=8000") as runtime:
        _, told = runtime.communicate(timeout=30)
    assert runtime.returncode == 1
    assert told.startswith("There is no port named 'web'.")

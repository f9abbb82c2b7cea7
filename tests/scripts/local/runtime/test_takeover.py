"""A standby takes over from a runtime that dies, and everything that this one managed goes on."""

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from scripts.local.ledger import Ledger
from scripts.local.runtime.aws_client import Aws
from scripts.local.timeline import Timeline
from tests.scripts.local.runtime.deployed import bundle, deploy_database, deploy_fleet, deploy_load_balancer
from tests.scripts.local.runtime.process import alive, started, status
from tests.waiting import PATIENCE, wait_until


@pytest.fixture(scope="module")
def deployed(endpoint: str) -> str:
    """The endpoint of a local AWS in which everything is that has more than one process."""
    aws = Aws(endpoint, "us-east-1")
    deploy_database(aws, "shop")
    rds = aws.client("rds")
    rds.modify_db_instance(DBInstanceIdentifier="shop", MultiAZ=True, ApplyImmediately=True)
    rds.create_db_instance_read_replica(DBInstanceIdentifier="reader", SourceDBInstanceIdentifier="shop")
    aws.client("elasticache").create_replication_group(
        ReplicationGroupId="shop",
        ReplicationGroupDescription="shop",
        NumCacheClusters=2,
        AutomaticFailoverEnabled=True,
        Engine="redis",
    )
    group = deploy_load_balancer(aws, "shop")
    parameters = {"GREETING": "as at boot"}
    deploy_fleet(aws, "shop", content=bundle(), parameters=parameters, size=2, target_groups=(group,))
    return endpoint


def managed(state: Path) -> dict[str, int]:
    """The ids of the processes that a runtime manages."""
    return {
        one.name: one.pid for one in Ledger(state).entries() if one.name not in ("runtime", "runtime-standby")
    }


def change_parameters(aws: Aws) -> None:
    ssm = aws.client("ssm")
    for parameter in ssm.describe_parameters()["Parameters"]:
        ssm.put_parameter(Name=parameter["Name"], Value="changed", Overwrite=True)


def process_of(state: Path, role: str) -> int | None:
    return next((one.pid for one in Ledger(state).entries() if one.role == role), None)


@contextlib.contextmanager
def asked(url: str) -> Iterator[list[str]]:
    """Ask again and again while the block runs; gives what failed."""
    failed: list[str] = []
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            try:
                answer = httpx.get(url, timeout=PATIENCE)
                failed.extend([str(answer.status_code)] * (answer.status_code != 200))
            except httpx.HTTPError as error:
                failed.append(repr(error))

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        yield failed
    finally:
        done.set()
        asking.join()


def test_all_that_a_killed_runtime_managed_goes_on_no_request_fails_and_the_standby_leads(
    deployed: str, tmp_path: Path
) -> None:
    with started(tmp_path, deployed) as runtime:
        wait_until(lambda: status(tmp_path)["healthy"])
        before, told, standby = managed(tmp_path), status(tmp_path), process_of(tmp_path, "runtime-standby")
        change_parameters(Aws(deployed, "us-east-1"))  # which instances read when they boot, and never again
        roles = {process["role"] for process in told["processes"]}
        assert {"app", "cache-replica", "replica", "runtime-standby", "standby"} < roles
        with asked(f"{told['addresses']['load_balancer']}/any") as failed:
            runtime.kill()
            runtime.wait()
            wait_until(lambda: (now := status(tmp_path))["healthy"] and now["pid"] == standby)
        after = status(tmp_path)
        assert failed == []
        assert managed(tmp_path) == before
        assert after["addresses"] == told["addresses"]
        assert {one["name"] for one in after["processes"]} == {one["name"] for one in told["processes"]}
        sentences = [event.sentence for event in Timeline(tmp_path).events()]
        assert sentences[-1] == f"the runtime has ended: its standby, process {standby}, leads from here on"

        app = next(name for name in before if name.startswith("shop-"))
        os.kill(before[app], signal.SIGKILL)
        wait_until(lambda: managed(tmp_path).get(app, before[app]) != before[app])
        recorded = Ledger(tmp_path).entries()
        assert process_of(tmp_path, "runtime") == standby
        assert standby is not None
        os.kill(standby, signal.SIGTERM)
        wait_until(lambda: alive(recorded) == [])
        wait_until(lambda: Ledger(tmp_path).entries() == [])

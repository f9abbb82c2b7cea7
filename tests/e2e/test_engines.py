"""Whichever engine deployed the program: what it deployed comes alive, and an order goes its whole way.

The embedded engine is that of every other test here.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import uuid
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from scripts.local import environment as local_environment
from scripts.local.instances import run_on_instance
from scripts.local.people import PASSWORD, add_people
from scripts.site.publishing import publish
from scripts.terraform.export import Export
from scripts.verify.errors import VerifyError
from scripts.verify.terraform import require
from scripts.verify.workspace import prepare
from tests.e2e.conditions import eventually
from tests.e2e.conftest import COMMAND_DEADLINE, ROOT, Stack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

Outputs = dict[str, Any]


def by_terraform(endpoint: str, folder: Path) -> Outputs:
    """Apply the export with the real AWS provider, and return the program's outputs."""
    try:
        require()
        terraform = prepare(Export.of_stack(ROOT, "local"), folder / "terraform", endpoint)
    except VerifyError as error:
        pytest.skip(str(error))
    failed: list[Any] = []
    terraform.apply(lambda message: failed.append(message) if message.get("@level") == "error" else None)
    assert failed == []
    said = subprocess.run(
        ["terraform", "output", "-json"],  # noqa: S607 - the user's own, wherever it is
        cwd=terraform.folder,
        env=dict(terraform.environment),
        capture_output=True,
        text=True,
        check=True,
    )
    return {name: output["value"] for name, output in json.loads(said.stdout).items()}


def by_pulumi(endpoint: str, folder: Path) -> Outputs:
    """Run `pulumi up` with its state in a folder, and return the program's outputs."""
    if not shutil.which("pulumi"):
        pytest.skip("the Pulumi CLI is not installed")
    own = {"PULUMI_BACKEND_URL": f"file://{folder}", "PULUMI_CONFIG_PASSPHRASE": "local"}

    def pulumi(*arguments: str) -> str:
        return subprocess.run(
            ["pulumi", *arguments, "--stack", "local", "--non-interactive"],  # noqa: S607 - likewise
            cwd=ROOT,
            env={**os.environ, **local_environment(endpoint), **own},
            capture_output=True,
            text=True,
            check=True,
            timeout=COMMAND_DEADLINE,
        ).stdout

    pulumi("stack", "init")
    pulumi("up", "--yes", "--skip-preview")
    found: Outputs = json.loads(pulumi("stack", "output", "--json"))
    return found


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Stack]:
    """A stack with a local AWS in which nothing is deployed."""
    stack = Stack(tmp_path / "local")
    yield stack
    stack.blueprint("down")


@pytest.mark.parametrize("deploy", [by_terraform, by_pulumi])
def test_what_another_engine_deployed_comes_alive_and_takes_an_order(
    deploy: Callable[[str, Path], Outputs], fresh: Stack, tmp_path: Path
) -> None:
    endpoint = json.loads(fresh.blueprint("aws", "--json").stdout)["AWS_ENDPOINT_URL"]
    outputs = deploy(endpoint, tmp_path)
    fresh.blueprint("run")
    publish(fresh.aws("s3"), outputs["site_bucket"])
    run_on_instance(fresh.state, "app.seed")
    add_people(fresh.aws("cognito-idp"), outputs["identity_issuer"].rpartition("/")[2])

    with httpx.Client(base_url=fresh.address("site"), timeout=120) as site:
        assert "<html" in site.get("/").text
        who = {"email": "ada@example.com", "password": PASSWORD}
        token = site.post("/accounts/sign-in", json=who).raise_for_status().json()["access_token"]
        ordered = site.post(
            "/orders",
            json={"customer_email": "ada@example.com", "lines": [{"product_id": 7, "quantity": 1}]},
            headers={"authorization": f"Bearer {token}", "idempotency-key": str(uuid.uuid4())},
        )
    order = ordered.raise_for_status().json()["id"]
    eventually(
        lambda: [mail for mail in fresh.mailbox() if order in mail["body"]], f"a mail about order {order}"
    )

"""Every route, under what its description allows and what it does not."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.app.pool import Pool
from tests.app.server import serving
from tests.app.shop import Arrange, client

EXAMPLES = 25  # a route and phase
STREAMS = ("/orders/{order_id}/events",)  # answers that go on: tests/app/orders/test_live.py
# No request makes the shop fail, and each answer is one that the description knows.
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
)


@pytest.fixture
def pool(variables: dict[str, str]) -> Pool:
    """A user pool, so that requests about accounts reach one."""
    return Pool(variables)


@pytest.fixture
def whole(variables: dict[str, str], pool: Pool) -> dict[str, str]:
    """The environment of a shop that has everything, and counts no requests."""
    value = json.dumps({"username": "payments", "password": "of the test"})
    secret = client(variables, "secretsmanager").create_secret(
        Name=f"payments-{uuid4().hex}", SecretString=value
    )
    return (
        variables
        | pool.variables
        | {
            "PAYMENTS_SECRET_ARN": secret["ARN"],
            "ACCOUNT_LIMIT": "none",
            "ADDRESS_LIMIT": "none",
        }
    )


@pytest.mark.parametrize("roles", [(), ("admin", "support", "courier")], ids=["anybody", "everybody"])
async def test_no_request_makes_the_shop_fail_and_each_answer_is_as_described(
    whole: dict[str, str], pool: Pool, arrange: Arrange, tmp_path: Path, roles: tuple[str, ...]
) -> None:
    for number in range(1, 4):
        await arrange.product(number, stock=1_000)
    headers = {}
    if roles:
        pool.add("everybody@example.com", *roles)
        headers["authorization"] = f"Bearer {pool.sign_in('everybody@example.com')['AccessToken']}"

    with serving(whole, tmp_path) as served:
        report = explored(served.url, headers, tmp_path)

    assert [failure["title"] for failure in report["failures"]] == []
    assert report["operations"]["tested"] == report["operations"]["selected"] > 0
    assert report["operations"]["selected"] == report["operations"]["total"] - len(STREAMS)
    assert report["operations"]["errored"] == report["test_cases"]["errored"] == 0
    assert report["test_cases"]["generated"] > 10 * report["operations"]["total"]


def explored(url: str, headers: dict[str, str], folder: Path) -> dict[str, Any]:
    """Have Schemathesis send what it can think of, and return its report; the exit code says less."""
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "run", f"{url}/openapi.json"),
        *("--phases", "examples,coverage,fuzzing", "--generation-deterministic"),
        *("--max-examples", str(EXAMPLES), "--continue-on-failure", "--request-timeout", "60"),
        *("--checks", ",".join(CHECKS), "--report-json-path", "report.json"),
        *(f"--exclude-path={path}" for path in STREAMS),
        *(f"--header={name}:{value}" for name, value in headers.items()),
    ]
    said = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    sys.stdout.write(said.stdout + said.stderr)  # shown where the test fails
    report: dict[str, Any] = json.loads((folder / "report.json").read_text())
    return report

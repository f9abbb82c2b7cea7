"""The workflow that deploys a stack publishes its storefront, and may do what that takes."""

from __future__ import annotations

import re
import shlex
import string
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
import yaml
from typer.testing import CliRunner

from infra.pipeline import actions
from scripts.cli import app
from scripts.local import environment
from scripts.site.release import IMMUTABLE, SHORT_LIVED
from tests.infra.pipeline.calls import of_call
from tests.scripts.local.engine.world import World, deployed

if TYPE_CHECKING:
    from collections.abc import Iterator

WORKFLOW = Path(__file__).parents[3] / ".github" / "workflows" / "deploy.yml"
OUTPUT = re.compile(r"\$\{\{ steps\.up\.outputs\.(\w+) \}\}")
FORGOTTEN = "assets/of-a-release-long-ago.css"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with deployed(tmp_path_factory.mktemp("stack")) as world:
        yield world


def run(step: dict[str, Any], world: World, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Run a step of the workflow as after an `up` of this world; return the actions that it takes."""
    outputs = {name: OUTPUT.sub(lambda found: world.output(found[1]), it) for name, it in step["env"].items()}
    program, *arguments = shlex.split(string.Template(step["run"]).substitute(outputs))
    assert program == ".venv/bin/blueprint"
    called: set[str] = set()
    session = boto3.session.Session()
    session.events.register("before-call", lambda model, **_: called.update(of_call(model)))
    with monkeypatch.context() as during:
        for name, value in environment(world.endpoint).items():
            during.setenv(name, value)
        during.setattr(boto3, "DEFAULT_SESSION", session)
        CliRunner().invoke(app, arguments, catch_exceptions=False)
    return called


def test_the_step_after_up_publishes_to_what_was_deployed_and_calls_what_the_role_is_allowed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    *_, up, publish = yaml.safe_load(WORKFLOW.read_text())["jobs"]["deploy"]["steps"]
    assert (up["id"], up["with"]["command"]) == ("up", "up")
    s3, bucket = world.client("s3"), world.output("site_bucket")
    s3.put_object(Bucket=bucket, Key=FORGOTTEN)

    called = run(publish, world, monkeypatch)

    found = [it["Key"] for it in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    headers = {key: s3.head_object(Bucket=bucket, Key=key) for key in found}
    kept = {key: (it["ContentType"], it["CacheControl"]) for key, it in headers.items()}
    assert kept["index.html"] == ("text/html", SHORT_LIVED)
    assert {it for key, it in kept.items() if key.endswith(".css")} == {("text/css", IMMUTABLE)}
    assert FORGOTTEN not in kept
    distribution = world.output("distribution_id")
    made = world.client("cloudfront").list_invalidations(DistributionId=distribution)["InvalidationList"]
    assert made["Quantity"] == 1
    assert called == set(actions.load().publishing)

"""`blueprint build` prints what it built, for people and for scripts."""

import json
import re

import pytest
import typer
from typer.testing import CliRunner

from scripts.build import Manifest, cli
from tests.scripts.build.conftest import Checkout


@pytest.fixture
def command(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> typer.Typer:
    monkeypatch.setattr(cli, "ROOT", checkout.root)
    app = typer.Typer()
    app.command()(cli.build_command)
    return app


def test_it_prints_a_table_of_artifacts(
    command: typer.Typer, checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    result = CliRunner().invoke(command)
    assert result.exit_code == 0
    for name, artifact in Manifest.read(checkout.root / "dist/local").artifacts.items():
        assert re.search(rf"local +│ {name} +│ +0\.0 │ {artifact.sha256}", result.stdout)


def test_it_prints_the_manifests_as_json_and_nothing_else(command: typer.Typer, checkout: Checkout) -> None:
    result = CliRunner().invoke(command, ["--platform", "all", "--json"])
    manifests = json.loads(result.output)
    assert [manifest["platform"] for manifest in manifests] == ["local", "arm64", "x86_64"]
    for manifest in manifests:
        assert manifest == json.loads(
            (checkout.root / "dist" / manifest["platform"] / "manifest.json").read_text()
        )

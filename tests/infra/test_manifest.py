"""The manifest: what was built is what is deployed, or the deployment stops."""

import json
from pathlib import Path

import pytest

from infra.errors import SettingsError
from infra.manifest import NAMES, Manifest
from tests.infra.stacks import DEV, build, parse

SETTINGS = parse(DEV)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return build(tmp_path / "dist" / "arm64")


def refusal(folder: Path) -> str:
    with pytest.raises(SettingsError) as caught:
        Manifest.read(folder, SETTINGS)
    return str(caught.value)


def test_a_manifest_names_every_artifact_and_its_file(folder: Path) -> None:
    manifest = Manifest.read(folder, SETTINGS)
    assert {name: manifest.path(name).read_text() for name in manifest.artifacts} == {
        name: f"the {name}" for name in NAMES
    }


def test_a_missing_manifest_names_the_command_that_makes_it(tmp_path: Path) -> None:
    text = refusal(tmp_path / "dist" / "arm64")
    assert f"blueprint:artifacts is '{tmp_path}/dist/arm64'; allowed: a folder with a manifest.json." in text
    assert text.endswith("Run `blueprint build --platform arm64`.")


def test_a_corrupted_artifact_is_refused_by_its_checksum(folder: Path) -> None:
    bundle = Manifest.read(folder, SETTINGS).path("app")
    bundle.write_bytes(b"something else")
    assert f"artifacts is '{bundle}'; allowed: a file with the checksum that manifest.json" in refusal(folder)


def test_a_missing_artifact_is_refused(folder: Path) -> None:
    Manifest.read(folder, SETTINGS).path("api").unlink()
    assert "allowed: a file with the checksum that manifest.json names" in refusal(folder)


def test_a_manifest_without_a_function_is_refused(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    del manifest["artifacts"]["api"]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    assert "allowed: a manifest.json that lists api" in refusal(folder)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"artifacts": 1}'])
def test_an_unreadable_manifest_is_refused(folder: Path, content: str) -> None:
    (folder / "manifest.json").write_text(content)
    assert "allowed: a folder whose manifest.json can be read" in refusal(folder)

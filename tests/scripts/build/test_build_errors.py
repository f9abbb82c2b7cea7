"""What stops a build says what is wrong, where, and how to mend it; nothing half-built is left."""

import shutil
import sys
from pathlib import Path

import pytest

from scripts.build import BuildError, Manifest, build, builder
from tests.scripts.build.conftest import Checkout


def refused(checkout: Checkout, tmp_path: Path, platform: str = "local") -> str:
    dist = tmp_path / "dist"
    with pytest.raises(BuildError) as caught:
        build(platform, checkout.root, dist)
    assert not list(dist.glob("*/*")) or not (dist / platform / "manifest.json").exists()
    return str(caught.value)


def test_an_unknown_platform_names_the_known_ones(checkout: Checkout, tmp_path: Path) -> None:
    assert "'riscv' is unknown: choose one of local, arm64, x86_64" in refused(checkout, tmp_path, "riscv")


def test_a_folder_that_cannot_be_written_is_named(checkout: Checkout, tmp_path: Path) -> None:
    (tmp_path / "dist").touch()
    assert f"{tmp_path / 'dist/local'} cannot be written (Not a directory)" in refused(checkout, tmp_path)


def test_a_missing_lock_names_the_command_that_writes_it(checkout: Checkout, tmp_path: Path) -> None:
    (checkout.root / "lambdas/greeter/requirements.txt").unlink()
    assert "lambdas/greeter/requirements.txt is missing: write it with `make lock`" in refused(
        checkout, tmp_path
    )


def test_a_missing_wheel_names_package_platform_and_remedy(checkout: Checkout, tmp_path: Path) -> None:
    checkout.lock("app", checkout.publish("native", "cp313-cp313-manylinux_2_17_x86_64"))
    message = refused(checkout, tmp_path, "arm64")
    assert "native==1.0 has no wheel, wanted by" in message
    assert "app/requirements.txt for arm64 (Python 3.13): allow a version that has one" in message


def test_a_wheel_with_another_hash_is_refused(checkout: Checkout, tmp_path: Path) -> None:
    line = checkout.publish("web", files={"web.py": "print('as it was locked')"})
    checkout.publish("web", files={"web.py": "print('as somebody replaced it')"})
    checkout.lock("app", line)
    message = refused(checkout, tmp_path)
    assert "A package is not what is pinned by" in message
    assert "Expected" not in message


def test_without_the_network_the_remedy_is_named(
    checkout: Checkout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("UV_NO_INDEX")
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    checkout.lock("app", f"web==2.0 --hash=sha256:{'0' * 64}\n")
    message = refused(checkout, tmp_path)
    assert "A package cannot be fetched" in message
    assert "check the network, and repeat" in message


def test_a_lock_that_is_none_is_refused(checkout: Checkout, tmp_path: Path) -> None:
    checkout.lock("app", "web\n")
    assert "The packages cannot be installed, wanted by" in refused(checkout, tmp_path)


def test_without_uv_the_command_that_installs_it_is_named(
    checkout: Checkout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name, path=None: None)
    assert f"uv is missing, which fetches the dependencies: run `{sys.executable} -m pip" in refused(
        checkout, tmp_path
    )


@pytest.mark.parametrize(
    ("declaration", "problem"),
    [
        ("packages = [", "bundle.toml is wrong"),
        ('package = ["app"]', "Extra inputs are not permitted"),
        ('packages = "app"', "Input should be a valid tuple"),
        ('packages = ["lambdas/missing"]', "the package 'lambdas/missing' does not exist"),
    ],
)
def test_a_wrong_declaration_is_named(
    checkout: Checkout, tmp_path: Path, declaration: str, problem: str
) -> None:
    checkout.write("lambdas/greeter/bundle.toml", declaration)
    message = refused(checkout, tmp_path)
    assert problem in message
    assert "bundle.toml" in message


def test_a_module_that_would_hide_a_dependency_is_refused(checkout: Checkout, tmp_path: Path) -> None:
    checkout.lock("lambdas/greeter", checkout.publish("rival", files={"lambdas/__init__.py": ""}))
    assert "'lambdas/__init__.py' is in this checkout and in a dependency" in refused(checkout, tmp_path)


def test_a_function_that_lambda_would_not_take_is_refused(
    checkout: Checkout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(builder, "UNZIPPED_LIMIT", 100)
    message = refused(checkout, tmp_path)
    assert message.startswith("greeter is")
    assert "MiB unzipped, and Lambda takes" in message


def test_a_failed_build_leaves_no_scratch_and_keeps_what_was_built_before(
    checkout: Checkout, tmp_path: Path
) -> None:
    before = build("local", checkout.root, tmp_path / "dist")
    files = set((tmp_path / "dist/local").iterdir())
    checkout.lock("app", f"web==2.0 --hash=sha256:{'0' * 64}\n")

    with pytest.raises(BuildError):
        build("local", checkout.root, tmp_path / "dist")

    assert set((tmp_path / "dist/local").iterdir()) == files
    assert Manifest.read(tmp_path / "dist/local") == before


@pytest.mark.parametrize("content", [None, "no JSON", "[]", '{"platform": "arm64"}'])
def test_an_unreadable_manifest_names_the_command_that_writes_it(tmp_path: Path, content: str | None) -> None:
    folder = tmp_path / "arm64"
    folder.mkdir()
    if content is not None:
        (folder / "manifest.json").write_text(content)
    with pytest.raises(BuildError, match="run `blueprint build --platform arm64`"):
        Manifest.read(folder)

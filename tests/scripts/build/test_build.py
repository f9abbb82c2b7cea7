"""Artifacts are complete, minimal, the same bytes for the same input, and built only when they must be."""

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from scripts.build import Artifact, Manifest, build
from tests.scripts.build.conftest import Checkout


def names(folder: Path, artifact: Artifact) -> set[str]:
    path = folder / artifact.file
    if path.suffix == ".zip":
        return set(zipfile.ZipFile(path).namelist())
    with tarfile.open(path) as archive:
        return set(archive.getnames())


def test_the_application_carries_its_package_and_its_dependencies(checkout: Checkout, tmp_path: Path) -> None:
    checkout.write("app/__pycache__/main.cpython-311.pyc")
    checkout.write("app/.DS_Store")
    checkout.lock(
        "app", checkout.publish("web", files={"web.py": "", "web-1.0.data/scripts/web": "#!python\n"})
    )

    manifest = build("local", checkout.root, tmp_path / "dist")

    assert names(tmp_path / "dist/local", manifest.artifacts["app"]) == {
        "app/__init__.py",
        "app/main.py",
        "app/storefront/index.html",
        "site-packages/web.py",
        "site-packages/web-1.0.dist-info/METADATA",
        "site-packages/web-1.0.dist-info/entry_points.txt",
    }


def test_a_function_carries_what_it_declares_without_what_lambda_has(
    checkout: Checkout, tmp_path: Path
) -> None:
    manifest = build("local", checkout.root, tmp_path / "dist")

    assert names(tmp_path / "dist/local", manifest.artifacts["greeter"]) == {
        "handler.py",
        "lambdas/__init__.py",
        "lambdas/greeter/__init__.py",
        "lambdas/greeter/handler.py",
        "lambdas/phrases/__init__.py",
        "greetings/__init__.py",
        "greetings-1.0.dist-info/METADATA",
        "greetings-1.0.dist-info/entry_points.txt",
    }


def test_a_function_is_entered_at_its_root(checkout: Checkout, tmp_path: Path) -> None:
    artifact = build("local", checkout.root, tmp_path / "dist").artifacts["greeter"]

    command = [
        sys.executable,
        "-I",
        "-c",
        "import sys; sys.path.insert(0, sys.argv[1]); import handler; print(handler.handler({}, None))",
    ]
    finished = subprocess.run(
        [*command, tmp_path / "dist/local" / artifact.file], capture_output=True, text=True, check=True
    )

    assert finished.stdout == "Hello\n"


def test_the_manifest_tells_where_each_artifact_is_its_checksum_and_size(
    checkout: Checkout, tmp_path: Path
) -> None:
    manifest = build("local", checkout.root, tmp_path / "dist")

    assert Manifest.read(tmp_path / "dist/local") == manifest
    assert manifest.python == f"{sys.version_info.major}.{sys.version_info.minor}"
    assert manifest.artifacts.keys() == {"app", "greeter"}
    for name, artifact in manifest.artifacts.items():
        content = (tmp_path / "dist/local" / artifact.file).read_bytes()
        assert artifact.sha256 == hashlib.sha256(content).hexdigest()
        assert artifact.size == len(content)
        assert artifact.file.startswith(f"{name}-{artifact.sha256[:12]}.")


def test_the_same_input_gives_the_same_bytes_whatever_folder_time_and_permissions(
    checkout: Checkout, tmp_path: Path
) -> None:
    first = build("local", checkout.root, tmp_path / "dist")
    elsewhere = tmp_path / "a" / "very different place"
    umask = os.umask(0o077)
    try:
        shutil.copytree(checkout.root, elsewhere, copy_function=shutil.copyfile)
        for path in elsewhere.rglob("*"):
            os.utime(path, (1_000_000_000, 1_000_000_000))
        shutil.rmtree(os.environ["UV_CACHE_DIR"])
        second = build("local", elsewhere, tmp_path / "other dist")
    finally:
        os.umask(umask)

    assert second == first


def test_an_executable_stays_one_and_all_may_read_it(checkout: Checkout, tmp_path: Path) -> None:
    checkout.write("app/tool.sh", "#!/bin/sh\n").chmod(0o700)
    checkout.write("lambdas/greeter/tool.sh", "#!/bin/sh\n").chmod(0o700)

    artifacts = build("local", checkout.root, tmp_path / "dist").artifacts

    with tarfile.open(tmp_path / "dist/local" / artifacts["app"].file) as archive:
        assert archive.getmember("app/tool.sh").mode == 0o755
        assert archive.getmember("app/main.py").mode == 0o644
    with zipfile.ZipFile(tmp_path / "dist/local" / artifacts["greeter"].file) as archive:
        assert archive.getinfo("lambdas/greeter/tool.sh").external_attr >> 16 == 0o755
        assert archive.getinfo("handler.py").external_attr >> 16 == 0o644


def test_each_platform_gets_its_own_wheels(checkout: Checkout, tmp_path: Path) -> None:
    tags = {"arm64": "cp313-cp313-manylinux_2_17_aarch64", "x86_64": "cp313-cp313-manylinux_2_34_x86_64"}
    hashes = [checkout.publish("native", tag).split()[1] for tag in tags.values()]
    checkout.lock("app", f"native==1.0 {' '.join(hashes)}\n")

    for platform, tag in tags.items():
        manifest = build(platform, checkout.root, tmp_path / "dist")
        assert (manifest.platform, manifest.python) == (platform, "3.13")
        with tarfile.open(tmp_path / "dist" / platform / manifest.artifacts["app"].file) as archive:
            content = archive.extractfile("site-packages/native/__init__.py")
            assert content is not None
            assert tag in content.read().decode()


class TestASecondBuild:
    @pytest.fixture
    def dist(self, checkout: Checkout, tmp_path: Path) -> Path:
        build("local", checkout.root, tmp_path / "dist")
        return tmp_path / "dist"

    @pytest.fixture
    def rebuild(self, checkout: Checkout, dist: Path) -> "Rebuild":
        return Rebuild(checkout.root, dist)

    def test_keeps_what_is_unchanged(self, rebuild: "Rebuild") -> None:
        assert rebuild() == set()

    def test_touches_only_what_changed_and_removes_what_it_replaces(
        self, checkout: Checkout, dist: Path, rebuild: "Rebuild"
    ) -> None:
        checkout.write("app/main.py", "import web, os\n")
        assert rebuild() == {"app"}
        assert len(list((dist / "local").glob("app-*"))) == 1

    def test_removes_what_a_killed_build_left(self, dist: Path, rebuild: "Rebuild") -> None:
        (dist / "local/.app-k1ll3d/vendored").mkdir(parents=True)
        assert rebuild() == set()
        assert not (dist / "local/.app-k1ll3d").exists()

    def test_rebuilds_a_function_whose_bundled_package_changed(
        self, checkout: Checkout, rebuild: "Rebuild"
    ) -> None:
        checkout.write("lambdas/phrases/__init__.py", 'HELLO = "Hi"\n')
        assert rebuild() == {"greeter"}

    def test_rebuilds_what_a_new_lock_or_declaration_is_for(
        self, checkout: Checkout, rebuild: "Rebuild"
    ) -> None:
        checkout.lock("app", checkout.publish("web"))
        checkout.write("lambdas/greeter/bundle.toml", 'packages = ["lambdas/phrases"]\n')
        assert rebuild() == {"app", "greeter"}

    def test_rebuilds_a_damaged_artifact(self, dist: Path, rebuild: "Rebuild") -> None:
        [artifact] = (dist / "local").glob("greeter-*")
        artifact.write_bytes(artifact.read_bytes()[:-1])
        assert rebuild() == {"greeter"}

    @pytest.mark.parametrize("damage", ["", "{}", "[]", '{"artifacts": {"app": {}}}'])
    def test_rebuilds_all_without_a_sound_manifest(self, dist: Path, rebuild: "Rebuild", damage: str) -> None:
        (dist / "local/manifest.json").write_text(damage)
        assert rebuild() == {"app", "greeter"}


class Rebuild:
    """Builds again and tells what was not kept."""

    def __init__(self, root: Path, dist: Path) -> None:
        self.root = root
        self.dist = dist

    def __call__(self) -> set[str]:
        lines: list[str] = []
        build("local", self.root, self.dist, lines.append)
        return {name for name, _, what in (line.partition(": ") for line in lines) if what != "unchanged"}


def test_two_builds_at_once_take_turns(checkout: Checkout, tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _: Rebuild(checkout.root, tmp_path / "dist")(), range(2))

    assert sorted([first, second]) == [set(), {"app", "greeter"}]

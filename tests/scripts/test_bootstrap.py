"""The bootstrap tells a newcomer what is missing, before anything is installed."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from scripts import bootstrap


def test_an_old_python_is_refused_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}" if name == "python3.12" else None)

    with pytest.raises(
        bootstrap.BootstrapError, match=r"3\.11 or newer is needed.*is 3\.9.*make up PYTHON=python3\.12"
    ):
        bootstrap.check_python()


def test_an_old_python_with_no_newer_one_on_the_path_is_told_to_install_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    monkeypatch.setattr("shutil.which", lambda _name: None)

    with pytest.raises(bootstrap.BootstrapError, match="install one, then run"):
        bootstrap.check_python()


def test_the_bootstrap_parses_on_a_python_that_is_too_old() -> None:
    ast.parse(Path(bootstrap.__file__).read_text(), feature_version=(3, 7))


def test_a_folder_that_cannot_be_written_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    monkeypatch.setattr(bootstrap, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(bootstrap, "MARKER", tmp_path / ".venv" / "installed")
    monkeypatch.setattr(bootstrap, "fingerprint", lambda: "new")
    monkeypatch.setattr("os.access", lambda _path, _mode: False)

    assert bootstrap.main() == 1
    assert f"no permission to write {tmp_path}" in capsys.readouterr().err


def test_nothing_is_installed_when_nothing_has_changed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    marker = tmp_path / "installed"
    marker.write_text(bootstrap.fingerprint())
    monkeypatch.setattr(bootstrap, "MARKER", marker)
    monkeypatch.setattr(bootstrap, "prepare", lambda: pytest.fail("installed again"))

    assert bootstrap.main() == 0
    assert capsys.readouterr().out == ""


def test_a_failed_command_shows_its_last_lines() -> None:
    script = "print('the reason'); raise SystemExit(3)"

    with pytest.raises(bootstrap.BootstrapError, match=r"installing failed:\n  the reason"):
        bootstrap.run([sys.executable, "-c", script], "installing")


def test_uv_is_pinned_with_hashes_in_the_lock() -> None:
    pinned = bootstrap.locked("uv")

    assert pinned.startswith("uv==")
    assert "--hash=sha256:" in pinned
    assert pinned.count("==") == 1

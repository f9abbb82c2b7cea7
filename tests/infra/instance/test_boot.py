"""The boot script, run for real against an AWS CLI of our own."""

import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from infra.instance import boot

PARAMETERS = [["/blueprint/dev/shop/CACHE_URL", "redis://cache:6379/0"], ["/blueprint/dev/shop/STACK", "dev"]]

AWS = """\
#!{python}
import json, pathlib, shutil, sys
store = pathlib.Path({store!r})
with (store / "calls").open("a") as calls:
    calls.write(" ".join(sys.argv[1:]) + "\\n")
failures = store / "failures"
left = int(failures.read_text()) if failures.exists() else 0
if left:
    failures.write_text(str(left - 1))
    sys.exit(255)
if sys.argv[1:3] == ["s3", "cp"]:
    shutil.copy(store / sys.argv[-2].removeprefix("s3://artifacts/"), sys.argv[-1])
else:
    print((store / "parameters.json").read_text())
"""


class Machine:
    """A folder that stands for a new instance's disk, and one that stands for AWS."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "disk"
        self.store = folder / "aws"
        self.store.mkdir()
        (self.store / "parameters.json").write_text(json.dumps(PARAMETERS))
        (self.root / "etc/blueprint").mkdir(parents=True)
        (self.root / "var/lib/cloud/data").mkdir(parents=True)
        (self.root / "var/lib/cloud/data/instance-id").write_text("i-0abc\n")
        program = folder / "bin" / "aws"
        program.parent.mkdir()
        program.write_text(AWS.format(python=sys.executable, store=str(self.store)))
        program.chmod(0o755)
        self.path = program.parent

    def deploy(self, files: dict[str, str], sha256: str | None = None) -> str:
        """Put a bundle of `files` into the store and tell the instance to install it; return its checksum."""
        content = io.BytesIO()
        with tarfile.open(fileobj=content, mode="w:gz") as archive:
            for name, text in files.items():
                entry = tarfile.TarInfo(name)
                entry.size = len(text.encode())
                archive.addfile(entry, io.BytesIO(text.encode()))
        checksum = hashlib.sha256(content.getvalue()).hexdigest()
        (self.store / "app.tar.gz").write_bytes(content.getvalue())
        artifact = {"bucket": "artifacts", "key": "app.tar.gz", "sha256": sha256 or checksum}
        instance = {
            "service": "shop",
            "region": "eu-central-1",
            "port": 8080,
            "artifact": artifact,
            "parameters": "/blueprint/dev/shop/",
        }
        (self.root / "etc/blueprint/instance.json").write_text(json.dumps(instance))
        return checksum

    def calls(self) -> list[str]:
        """What the AWS CLI was asked."""
        calls = self.store / "calls"
        return calls.read_text().splitlines() if calls.exists() else []


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    machine = Machine(tmp_path)
    monkeypatch.setenv("PATH", f"{machine.path}:{os.environ['PATH']}")
    return machine


def test_the_bundle_is_installed_and_the_environment_written(machine: Machine) -> None:
    checksum = machine.deploy({"app/main.py": "app = 1"})
    boot.boot(machine.root)
    current = machine.root / "opt/blueprint/current"
    assert current.readlink() == machine.root / "opt/blueprint/releases" / checksum
    assert (current / "app/main.py").read_text() == "app = 1"
    assert (machine.root / "etc/blueprint/environment").read_text().splitlines() == [
        "AWS_DEFAULT_REGION=eu-central-1",
        "AWS_REGION=eu-central-1",
        "CACHE_URL=redis://cache:6379/0",
        "HOST=0.0.0.0",
        "INSTANCE_ID=i-0abc",
        "PORT=8080",
        "STACK=dev",
    ]


def test_the_environment_is_not_for_everybody_to_read(machine: Machine) -> None:
    machine.deploy({"app/main.py": ""})
    boot.boot(machine.root)
    assert (machine.root / "etc/blueprint/environment").stat().st_mode & 0o777 == 0o640


def test_a_bundle_with_another_checksum_is_never_unpacked(machine: Machine) -> None:
    machine.deploy({"app/main.py": ""}, sha256="0" * 64)
    with pytest.raises(SystemExit, match=r"app.tar.gz has the checksum [0-9a-f]{64}, deployed was 0{64}"):
        boot.boot(machine.root)
    assert not (machine.root / "opt/blueprint/current").exists()
    assert not list((machine.root / "opt/blueprint/releases").iterdir())


def test_booting_again_downloads_nothing_and_ends_the_same(machine: Machine) -> None:
    machine.deploy({"app/main.py": ""})
    boot.boot(machine.root)
    boot.boot(machine.root)
    assert [call.split()[0] for call in machine.calls()] == ["s3", "ssm", "ssm"]


def test_a_new_release_takes_the_place_of_the_old_one(machine: Machine) -> None:
    machine.deploy({"app/main.py": "one"})
    boot.boot(machine.root)
    machine.deploy({"app/main.py": "two"})
    boot.boot(machine.root)
    assert (machine.root / "opt/blueprint/current/app/main.py").read_text() == "two"
    assert len(list((machine.root / "opt/blueprint/releases").iterdir())) == 2


def test_what_an_interrupted_boot_left_does_not_get_into_the_release(machine: Machine) -> None:
    checksum = machine.deploy({"app/main.py": ""})
    partial = machine.root / "opt/blueprint/releases" / f"{checksum}.partial"
    partial.mkdir(parents=True)
    (partial / "half").touch()
    boot.boot(machine.root)
    assert not (machine.root / "opt/blueprint/current/half").exists()


def test_aws_is_asked_again_while_the_role_is_not_yet_known(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("infra.instance.boot.time.sleep", pauses.append)
    machine.deploy({"app/main.py": ""})
    (machine.store / "failures").write_text("3")
    boot.boot(machine.root)
    assert pauses == [1, 2, 4]


def test_a_refusal_that_lasts_ends_the_boot(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.instance.boot.time.sleep", lambda _: None)
    machine.deploy({"app/main.py": ""})
    (machine.store / "failures").write_text("1000")
    with pytest.raises(subprocess.CalledProcessError):
        boot.boot(machine.root)
    assert len(machine.calls()) == 1 + len(boot.PAUSES)


def test_the_parameters_are_asked_for_below_their_path(machine: Machine) -> None:
    machine.deploy({"app/main.py": ""})
    boot.boot(machine.root)
    assert machine.calls()[-1].startswith(
        "ssm get-parameters-by-path --path /blueprint/dev/shop/ --region eu-central-1 "
    )


def test_the_script_imports_nothing_of_this_project() -> None:
    script = Path(boot.__file__)
    command = [sys.executable, "-I", "-S", "-c", f"import runpy; runpy.run_path({str(script)!r})"]
    assert subprocess.run(command, check=False, capture_output=True).stderr == b""

"""The project's own stacks in a fresh local AWS, for tests that look at them with boto3."""

import hashlib
import io
import json
import re
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from infra import lineage
from infra.manifest import NAMES
from scripts.local.aws import running
from scripts.local.engine import Deployment, deploy
from tests.scripts.local.aws.clients import clients_of

ROOT = Path(__file__).parents[4]
FUNCTIONS = sorted(NAMES - {"app"})


@dataclass(frozen=True)
class World:
    """A deployed stack: what the engine said of it, and clients to look at it, in whichever region."""

    deployment: Deployment
    endpoint: str
    region: str

    def client(self, service: str, region: str | None = None) -> Any:
        """The client of a service."""
        return clients_of(self.endpoint, region or self.region)(service)

    def output(self, name: str) -> Any:
        """An output of the program."""
        return self.deployment.outputs[name]


@contextmanager
def deployed(folder: Path, stack: str = "local", settings: str | None = None) -> Iterator[World]:
    """Deploy a stack of the project's own program, called blueprint, with tiny artifacts made in `folder`.

    `settings` is the text of the stack's file, where it is not to be the project's own.
    """
    (folder / "infra").symlink_to(ROOT / "infra")
    for file in (folder / "Pulumi.yaml", folder / f"Pulumi.{stack}.yaml"):
        source = ROOT / file.name
        text = settings if settings and file.name != "Pulumi.yaml" else source.read_text()
        file.write_text(re.sub(rf"(?m)^(name: |  ){lineage.NAME}\b", r"\g<1>blueprint", text))
    for platform in ("local", "arm64"):
        _build(folder / "dist" / platform)
    with running() as endpoint:
        deployment = deploy(stack=stack, root=folder, endpoint=endpoint)
        region = yaml.safe_load(file.read_text())["config"]["aws:region"]
        yield World(deployment, endpoint, region)


def _build(dist: Path) -> None:
    """Write a manifest and the artifacts that it lists, as `blueprint build` would."""
    dist.mkdir(parents=True)
    artifacts = {"app": _write(dist, "app", ".tar.gz", _bundle())}
    artifacts |= {name: _write(dist, name, ".zip", _archive(name)) for name in FUNCTIONS}
    manifest = {"platform": dist.name, "python": "3.13", "artifacts": artifacts}
    (dist / "manifest.json").write_text(json.dumps(manifest))


def _write(dist: Path, name: str, suffix: str, content: bytes) -> dict[str, object]:
    sha256 = hashlib.sha256(content).hexdigest()
    file = f"{name}-{sha256[:12]}{suffix}"
    (dist / file).write_bytes(content)
    return {"file": file, "sha256": sha256, "size": len(content)}


def _bundle() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as bundle:
        content = b"app = None\n"
        member = tarfile.TarInfo("app/main.py")
        member.size = len(content)
        bundle.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def _archive(name: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("handler.py", f"def handler(event, context):\n    return {name!r}\n")
    return buffer.getvalue()

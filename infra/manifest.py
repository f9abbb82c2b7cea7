"""What `blueprint build` made: the files to deploy, each with its checksum."""

import hashlib
import json
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict

from infra.errors import Problem, SettingsError
from infra.settings import Settings

NAMES = frozenset(
    {
        "app",
        "api",
        "dead_letter_handler",
        "media_captions",
        "media_renditions",
        "order_inventory",
        "order_notifications",
        "payment_capture",
        "position_writer",
        "sales_aggregator",
        "secret_rotation",
    }
)
"""Artifacts that a stack deploys."""


class ManifestEntry(BaseModel):
    """One artifact: its file beside the manifest, its SHA-256 in hexadecimal, its size in bytes."""

    model_config = ConfigDict(frozen=True)

    file: str
    sha256: str
    size: int


class Manifest(BaseModel):
    """The artifacts for one platform and Python version.

    Attributes:
        folder: where the manifest and the files lie.
    """

    model_config = ConfigDict(frozen=True)

    folder: Path
    platform: Literal["arm64", "x86_64", "local"]
    python: str
    artifacts: dict[str, ManifestEntry]

    def path(self, name: str) -> Path:
        """Where the artifact's file lies."""
        return self.folder / self.artifacts[name].file

    @classmethod
    def read(cls, folder: Path, settings: Settings) -> Self:
        """The manifest in `folder`, such as `dist/arm64`, each of its files checked against its checksum.

        Raises:
            SettingsError: nothing was built there, or something there is not what was built.
        """
        try:
            content = json.loads((folder / "manifest.json").read_bytes())
            manifest = cls.model_validate({**content, "folder": folder})
        except FileNotFoundError:
            raise _unbuilt(settings, folder, "a folder with a manifest.json") from None
        except (ValueError, TypeError):
            raise _unbuilt(settings, folder, "a folder whose manifest.json can be read") from None
        if missing := NAMES - manifest.artifacts.keys():
            raise _unbuilt(settings, folder, f"a manifest.json that lists {', '.join(sorted(missing))}")
        for name, artifact in manifest.artifacts.items():
            path = manifest.path(name)
            if not path.is_file() or _checksum(path) != artifact.sha256:
                raise _unbuilt(settings, path, "a file with the checksum that manifest.json names")
        return manifest


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _unbuilt(settings: Settings, path: Path, allowed: str) -> SettingsError:
    remedy = f"Run `blueprint build --platform {settings.platform}`."
    problem = Problem(key="artifacts", value=str(path), allowed=allowed, remedy=remedy)
    return SettingsError(settings.source, [problem], settings.project)

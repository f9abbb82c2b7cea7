"""The manifest: what was built, for which platform, and under which checksum."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from scripts.build.errors import BuildError

MANIFEST = "manifest.json"


@dataclass(frozen=True, kw_only=True)
class Artifact:
    """A built file: its name beside the manifest, its SHA-256 in hexadecimal and its size in bytes."""

    file: str
    sha256: str
    size: int


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """The artifacts of one platform by name: `app`, and one for each folder of `lambdas/` with a handler."""

    platform: str
    python: str
    artifacts: dict[str, Artifact]

    def write(self, folder: Path) -> None:
        """Write `manifest.json` into the folder; a reader sees the old one or the new one, never a half."""
        unfinished = folder / f".{MANIFEST}"
        unfinished.write_text(json.dumps(asdict(self), indent=2) + "\n")
        unfinished.replace(folder / MANIFEST)

    @classmethod
    def read(cls, folder: Path) -> "Manifest":
        """Read the folder's manifest.

        Raises:
            BuildError: there is none, or it is not one of ours.
        """
        path = folder / MANIFEST
        remedy = f"run `blueprint build --platform {folder.name}`"
        try:
            document = json.loads(path.read_text())
            artifacts = {name: Artifact(**artifact) for name, artifact in document.pop("artifacts").items()}
            return cls(artifacts=artifacts, **document)
        except FileNotFoundError:
            raise BuildError(f"{path} is missing: {remedy}") from None
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise BuildError(f"{path} is not a manifest ({error}): delete it and {remedy}") from error

"""Builds the artifacts of a platform, and only those whose input changed."""

import fcntl
import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from scripts.build.archives import is_executable, write_tar, write_zip
from scripts.build.errors import BuildError
from scripts.build.manifest import MANIFEST, Artifact, Manifest
from scripts.build.platforms import PLATFORMS, Platform
from scripts.build.recipes import Recipe, files_below, recipes
from scripts.build.vendoring import vendor

MEBIBYTE = 1024 * 1024
# Lambda's quota for a deployment package (AWS Lambda Developer Guide, "Lambda quotas"). That of a zipped one
# is for an upload within the request; ours come from S3.
UNZIPPED_LIMIT = 250 * MEBIBYTE

FINGERPRINTS = "fingerprints.json"
LOCK = ".lock"

ENTRY = '''"""Where Lambda enters: the handler of every function is `handler.handler`."""

from {module} import handler as handler
'''


def build(
    platform: str, root: Path, dist: Path, on_progress: Callable[[str], None] | None = None
) -> Manifest:
    """Build every artifact of the checkout at `root` for a platform: `local`, `arm64` or `x86_64`.

    Writes the artifacts, named by their checksums, and `manifest.json` to `dist/<platform>/`, and removes
    whatever else is there. An artifact whose sources, lock, platform and builder are unchanged is kept as it
    is. `on_progress` is told one line for each artifact, from several threads.

    Raises:
        BuildError: the platform is unknown, a dependency cannot be fetched, a function is too large, the
            folder cannot be written.
    """
    if platform not in PLATFORMS:
        raise BuildError(f"The platform {platform!r} is unknown: choose one of {', '.join(PLATFORMS)}")
    folder = dist / platform
    with _alone_in(folder):
        say = on_progress or (lambda _line: None)
        builder = _Builder(root, folder, PLATFORMS[platform], _built_before(folder), say)
        with ThreadPoolExecutor() as pool:  # uv waits for the network, and zlib releases the interpreter
            built = list(pool.map(builder.build, recipes(root)))
        artifacts = {one.name: one.artifact for one in built}
        manifest = Manifest(platform=platform, python=PLATFORMS[platform].python, artifacts=artifacts)
        manifest.write(folder)
        fingerprints = {one.name: one.fingerprint for one in built}
        (folder / FINGERPRINTS).write_text(json.dumps(fingerprints, indent=2) + "\n")
        _remove_others(folder, manifest)
    return manifest


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Create the folder, and wait until no other process builds in it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / LOCK).open("w")
    except OSError as error:
        remedy = "make it a folder that is yours, or build as its owner"
        raise BuildError(f"{folder} cannot be written ({error.strerror}): {remedy}") from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # released when it is closed, and when the process dies
        yield


@dataclass(frozen=True)
class _Built:
    name: str
    artifact: Artifact
    fingerprint: str


@dataclass(frozen=True)
class _Builder:
    root: Path
    folder: Path
    platform: Platform
    before: dict[str, Artifact]  # by fingerprint
    say: Callable[[str], None]

    def build(self, recipe: Recipe) -> _Built:
        """Build one artifact, or keep the one that was built from the same input."""
        lock = self.root / recipe.lock
        if not lock.is_file():
            raise BuildError(f"{recipe.name}: its lock {lock} is missing: write it with `make lock`")
        sources = recipe.sources(self.root)
        fingerprint = self._fingerprint(recipe, {**sources, "its lock": lock})
        if kept := self.before.get(fingerprint):
            self.say(f"{recipe.name}: unchanged")
            return _Built(recipe.name, kept, fingerprint)
        artifact = self._make(recipe, sources, lock)
        self.say(f"{recipe.name}: {artifact.size / MEBIBYTE:.1f} MiB")
        return _Built(recipe.name, artifact, fingerprint)

    def _fingerprint(self, recipe: Recipe, inputs: dict[str, Path]) -> str:
        """Return a digest of all that decides the artifact's bytes, this builder included."""
        builder = {f"builder/{name}": path for name, path in files_below(Path(__file__).parent).items()}
        digest = hashlib.sha256(f"{self.platform.identity} {recipe!r}".encode())
        for name, path in sorted((inputs | builder).items()):
            digest.update(f"\n{name} {is_executable(path)} {_sha256(path)}".encode())
        return digest.hexdigest()

    def _make(self, recipe: Recipe, sources: dict[str, Path], lock: Path) -> Artifact:
        with tempfile.TemporaryDirectory(dir=self.folder, prefix=f".{recipe.name}-") as scratch:
            files = self._gather(recipe, sources, lock, Path(scratch))
            archive = Path(scratch) / "archive"
            if recipe.archive == "zip":
                write_zip(files, archive)
                _check_limit(recipe.name, files)
            else:
                write_tar(files, archive)
            return self._publish(recipe, archive)

    def _gather(self, recipe: Recipe, sources: dict[str, Path], lock: Path, scratch: Path) -> dict[str, Path]:
        """Return every file of the archive by its name there; what is made for it lies in `scratch`."""
        vendored = scratch / "vendored"
        vendor(lock, vendored / recipe.dependencies, self.platform, leave_out=recipe.leave_out)
        own = dict(sources)
        if recipe.entry is not None:
            own["handler.py"] = scratch / "handler.py"
            own["handler.py"].write_text(ENTRY.format(module=recipe.entry))
        dependencies = files_below(vendored)
        if twice := own.keys() & dependencies.keys():
            raise BuildError(
                f"{recipe.name}: {min(twice)!r} is in this checkout and in a dependency: rename ours"
            )
        return own | dependencies

    def _publish(self, recipe: Recipe, archive: Path) -> Artifact:
        sha256 = _sha256(archive)
        file = f"{recipe.name}-{sha256[:12]}.{recipe.archive}"
        artifact = Artifact(file=file, sha256=sha256, size=archive.stat().st_size)
        archive.replace(self.folder / file)
        return artifact


def _check_limit(name: str, files: dict[str, Path]) -> None:
    """Refuse a package that Lambda would not take."""
    size = sum(path.stat().st_size for path in files.values())
    if size > UNZIPPED_LIMIT:
        raise BuildError(
            f"{name} is {size / MEBIBYTE:.0f} MiB unzipped, and Lambda takes "
            f"{UNZIPPED_LIMIT / MEBIBYTE:.0f} MiB: "
            f"remove what it does not need from lambdas/{name}/requirements.in"
        )


def _built_before(folder: Path) -> dict[str, Artifact]:
    """Return the folder's artifacts that are still whole, by the fingerprints of their input."""
    try:
        artifacts = Manifest.read(folder).artifacts
        fingerprints: dict[str, str] = json.loads((folder / FINGERPRINTS).read_text())
    except (BuildError, OSError, ValueError):
        return {}
    return {
        fingerprint: artifacts[name]
        for name, fingerprint in fingerprints.items()
        if name in artifacts and _is_whole(folder / artifacts[name].file, artifacts[name])
    }


def _is_whole(path: Path, artifact: Artifact) -> bool:
    return path.is_file() and _sha256(path) == artifact.sha256


def _remove_others(folder: Path, manifest: Manifest) -> None:
    """Remove artifacts that were replaced, and what a killed build left."""
    current = {artifact.file for artifact in manifest.artifacts.values()}
    for path in folder.iterdir():
        if path.name in current | {MANIFEST, FINGERPRINTS, LOCK}:
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def _sha256(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()

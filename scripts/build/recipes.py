"""What each artifact consists of.

A function is any folder of `lambdas/` with a `handler.py`; its `requirements.txt` locks what its zip carries.
An optional `bundle.toml` says what else it carries of this checkout, and what of its lock it does not need:

    packages = ["app"]
    leave_out = ["granian"]
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel

from scripts.build.errors import BuildError

# What a source folder holds for the build or for its reader, not for the machine that runs it.
NOT_SHIPPED = frozenset({"requirements.in", "requirements.txt", "bundle.toml"})
# Part of every Python runtime of Lambda (AWS Lambda Developer Guide, "Runtime-included SDK versions").
LAMBDA_RUNTIME = ("boto3", "botocore", "jmespath", "python-dateutil", "s3transfer", "six", "urllib3")


class Bundle(BaseModel, extra="forbid", frozen=True):
    """What a function's `bundle.toml` says: folders below the root, and names of packages in its lock."""

    packages: tuple[str, ...] = ()
    leave_out: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """An artifact's ingredients; all paths are relative to the checkout's root.

    `packages` are carried under their own path. What `lock` pins, without `leave_out`, is installed into
    `dependencies` (a folder of the archive, empty for its root). `entry` is the module whose `handler` Lambda
    calls.
    """

    name: str
    archive: Literal["tar.gz", "zip"]
    packages: tuple[str, ...]
    lock: str
    dependencies: str = ""
    leave_out: tuple[str, ...] = ()
    entry: str | None = None

    def sources(self, root: Path) -> dict[str, Path]:
        """Return the files of the packages by their names in the archive, with each parent's `__init__.py`.

        Raises:
            BuildError: a package does not exist.
        """
        files: dict[str, Path] = {}
        for package in self.packages:
            if not (root / package).is_dir():
                raise BuildError(
                    f"{self.name}: the package {package!r} does not exist below {root}: mend its bundle.toml"
                )
            for parent in Path(package).parents[:-1]:
                files[f"{parent}/__init__.py"] = root / parent / "__init__.py"
            files |= {f"{package}/{name}": path for name, path in files_below(root / package).items()}
        return files


def files_below(folder: Path) -> dict[str, Path]:
    """Return each file to ship by its path relative to the folder: no bytecode, hidden or build-only file."""
    paths = ((path.relative_to(folder), path) for path in folder.rglob("*") if path.is_file())
    return {relative.as_posix(): path for relative, path in paths if _is_shipped(relative)}


def _is_shipped(path: Path) -> bool:
    hidden = any(part.startswith(".") or part == "__pycache__" for part in path.parts)
    return not hidden and path.name not in NOT_SHIPPED


def recipes(root: Path) -> list[Recipe]:
    """Return the recipes of the checkout: the application and each function, by name."""
    application = Recipe(
        name="app",
        archive="tar.gz",
        packages=("app",),
        lock="app/requirements.txt",
        dependencies="site-packages",
    )
    handlers = sorted((root / "lambdas").glob("*/handler.py"))
    return [application, *(_function(handler.parent, root) for handler in handlers)]


def _function(folder: Path, root: Path) -> Recipe:
    own = folder.relative_to(root).as_posix()
    bundle = _read_bundle(folder / "bundle.toml")
    return Recipe(
        name=folder.name,
        archive="zip",
        packages=(own, *bundle.packages),
        lock=f"{own}/requirements.txt",
        leave_out=(*LAMBDA_RUNTIME, *bundle.leave_out),
        entry=f"{own.replace('/', '.')}.handler",
    )


def _read_bundle(path: Path) -> Bundle:
    try:
        return Bundle.model_validate(tomllib.loads(path.read_text()) if path.exists() else {})
    except ValueError as error:  # that of tomllib and that of pydantic are both one
        raise BuildError(f"{path} is wrong: {error}") from error

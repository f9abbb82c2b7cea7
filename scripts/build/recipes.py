"""What each artifact consists of.

A function is any folder of `lambdas/` with a `handler.py`; its `requirements.txt` locks what its zip carries.
An optional `bundle.toml` names the packages of this checkout that it carries besides its own folder:

    packages = ["lambdas/database"]
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from scripts.build.errors import BuildError

# What a source folder holds for the build or for its reader, not for the machine that runs it.
NOT_SHIPPED = frozenset({"requirements.in", "requirements.txt", "bundle.toml"})


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """An artifact's ingredients; all paths are relative to the checkout's root.

    `packages` are carried under their own path, `lock` is what is installed into `dependencies` (a folder of
    the archive, empty for its root), and `entry` is the module whose `handler` Lambda calls.
    """

    name: str
    archive: Literal["tar.gz", "zip"]
    packages: tuple[str, ...]
    lock: str
    dependencies: str = ""
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
    return Recipe(
        name=folder.name,
        archive="zip",
        packages=(own, *_bundled_packages(folder / "bundle.toml")),
        lock=f"{own}/requirements.txt",
        entry=f"{own.replace('/', '.')}.handler",
    )


def _bundled_packages(path: Path) -> tuple[str, ...]:
    if not path.exists():
        return ()
    try:
        document = tomllib.loads(path.read_text())
    except tomllib.TOMLDecodeError as error:
        raise BuildError(f"{path} is not TOML: {error}") from error
    packages = document.get("packages")
    if document.keys() != {"packages"} or not isinstance(packages, list):
        raise BuildError(f'{path}: wanted is one line such as packages = ["app"], got {document!r}')
    return tuple(map(str, packages))

"""What AWS's Python runtime brings along, as a folder of links: nothing else of the project's environment.

A function's process sees the standard library, its own zip and this folder. A requirement that is missing in
the zip therefore fails here as it would on Lambda.
"""

import importlib.metadata
import shutil
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution
from pathlib import Path

from scripts.build.recipes import LAMBDA_RUNTIME
from scripts.local.runtime.functions import bootstrap

# The runtime's own client, with what it requires.
CLIENT = ("awslambdaric", "simplejson", "snapshot-restore-py")
FALLBACK = "blueprint_bootstrap"


def build(folder: Path) -> tuple[str, ...]:
    """Fill the folder and return the interpreter's arguments that run a handler: append the handler's name.

    Where `awslambdaric` is not installed (it has no build for macOS), a small client of our own stands in.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    distributions = [importlib.metadata.distribution(name) for name in LAMBDA_RUNTIME]
    client = list(_find(CLIENT))
    for distribution in (*distributions, *client):
        _link(distribution, folder)
    if len(client) == len(CLIENT):
        return ("-m", CLIENT[0])
    shutil.copyfile(bootstrap.__file__, folder / f"{FALLBACK}.py")
    return ("-m", FALLBACK)


def _find(names: Iterable[str]) -> Iterator[Distribution]:
    for name in names:
        try:
            yield importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue


def _link(distribution: Distribution, folder: Path) -> None:
    """Link each package, module and library that the distribution installed, and its metadata."""
    tops = {file.parts[0] for file in distribution.files or ()} - {"..", "__pycache__"}
    for top in tops:
        (folder / top).symlink_to(Path(str(distribution.locate_file(top))).resolve())

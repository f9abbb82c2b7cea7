"""Where an installed Python package lies that carries a server's program."""

from importlib.util import find_spec
from pathlib import Path

# What mends a package that is gone: an installation that counts as done is not looked at again.
REINSTALL = "install the environment anew (rm -rf .venv; make environment)"


def package_folder(name: str) -> Path | None:
    """Return the folder of a top-level package without importing it, or None where it is not installed."""
    spec = find_spec(name)
    locations = spec.submodule_search_locations if spec else None
    return Path(locations[0]) if locations else None

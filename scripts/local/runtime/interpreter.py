"""The Python that programs of the stack run under: the one below this project's environment, without that."""

import sys
from pathlib import Path


def base_interpreter() -> tuple[str, ...]:
    """Return the base interpreter's command: no packages of this environment, of the user or of the system.

    A dependency that is missing in a bundle therefore fails here as it would in the cloud.
    """
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return (str(Path(sys.base_prefix, "bin", version).resolve()), "-s", "-S")

"""The end of a log."""

from pathlib import Path

BYTES_OF_A_LINE = 400  # about


def tail(path: Path, lines: int) -> list[str]:
    """Return the last lines of a file, fewer where they are long; none of a file that is not there."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - lines * BYTES_OF_A_LINE))
            return file.read().decode(errors="replace").splitlines()[-lines:]
    except OSError:
        return []

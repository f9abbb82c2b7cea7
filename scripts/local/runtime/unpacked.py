"""Archives that are unpacked once each: folders by checksum, which the next run finds again."""

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

# Below the state folder.
RELEASES = Path("cache", "releases")
FUNCTIONS = Path("cache", "functions")
KEEP_SECONDS = 7 * 24 * 3600.0


class Unpacked:
    """What lies unpacked below `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, checksum: str) -> Path | None:
        """Return the folder of an archive, None where it is not unpacked yet."""
        found = self._folder / checksum
        if not found.is_dir():
            return None
        os.utime(found)
        return found

    def add(self, checksum: str, extract: Callable[[Path], None]) -> Path:
        """Have `extract` unpack an archive into the folder that it is given, and return where it is then.

        It is unpacked beside its place, so that half of it is never taken for the whole.
        """
        target = self._folder / checksum
        partial = target.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        extract(partial)
        return partial.rename(target)

    def prune(self) -> None:
        """Remove what no run has used for a week. Nothing runs meanwhile that may use it."""
        for folder in self._folder.glob("*"):
            if time.time() - folder.stat().st_mtime > KEEP_SECONDS:
                shutil.rmtree(folder)

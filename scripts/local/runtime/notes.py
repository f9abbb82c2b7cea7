"""What a runtime writes down for the one that takes over from it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FOLDER = "notes"


class Notes:
    """A dictionary of JSON values in a file that is always whole; without a `path`, in memory alone."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._known: dict[str, Any] = {}
        if path is not None and path.exists():
            self._known = json.loads(path.read_text(encoding="utf-8"))

    def known(self) -> Mapping[str, Any]:
        """Return everything that was noted."""
        return self._known

    def note(self, key: str, value: Any) -> None:
        """Note a value; nothing is written where it is known already."""
        if key in self._known and self._known[key] == value:
            return
        self._known[key] = value
        if self._path is not None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            partial = self._path.with_suffix(".partial")
            partial.write_text(json.dumps(self._known), encoding="utf-8")
            partial.replace(self._path)

"""What a rename changes, file by file, before anything is written."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from scripts.errors import UserError
from scripts.stack_file import StackFile

LINEAGE = "infra/lineage.py"


class RenameError(UserError):
    """The project cannot be renamed."""


@dataclass(frozen=True, kw_only=True)
class Rename:
    """A rename of the project in `root`.

    Attributes:
        old, new: the project's names.
        deployed: whether stacks may exist under the old name; if not, nothing of it is kept.
    """

    root: Path
    old: str
    new: str
    deployed: bool

    def changes(self, files: list[str]) -> dict[str, str]:
        """The new texts of those of the files (paths from the root) that change.

        Raises:
            RenameError: a file is not as this project wrote it.
        """
        changed = {}
        for name in files:
            path = self.root / name
            edits = [edit for matches, edit in self._edits() if matches(name)]
            if not edits or not path.is_file():
                continue
            before = after = path.read_text(encoding="utf-8")
            for edit in edits:
                after = edit(name, after)
            if after != before:
                changed[name] = after
        return changed

    def _edits(self) -> Iterator[tuple[Callable[[str], bool], Callable[[str, str], str]]]:
        """Which files are edited how."""
        yield lambda name: name == "Pulumi.yaml", self._project
        yield lambda name: name == "pyproject.toml", self._package
        yield lambda name: name == "README.md", self._title
        yield lambda name: name == LINEAGE, self._lineage
        yield _is_stack_file, self._stack
        yield lambda name: name.endswith(".md"), self._keys
        yield lambda name: name.endswith(".py"), self._types

    def _project(self, name: str, text: str) -> str:
        return _replaced(name, text, rf"(?m)^name: {re.escape(self.old)}$", f"name: {self.new}")

    def _package(self, name: str, text: str) -> str:
        pattern = r'(\[project\]\nname = )"[^"]*"'
        return _replaced(name, text, pattern, lambda found: f'{found.group(1)}"{self.new}"')

    def _title(self, _: str, text: str) -> str:
        """The heading, unless it is no longer the project's name."""
        return re.sub(rf"(?i)\A# {re.escape(self.old)}$", f"# {self.new}", text, flags=re.MULTILINE)

    def _lineage(self, name: str, text: str) -> str:
        text = _replaced(name, text, r'(?m)^NAME = ".*"$', f'NAME = "{self.new}"')
        pattern = r"(?ms)^FORMER_NAMES: Sequence\[str\] = \((.*?)\)$"
        found = re.search(pattern, text)
        names = re.findall(r'"([^"]+)"', found.group(1)) if found else []
        # A name that comes back is no former one; under the last one, stacks may stand.
        kept = [it for it in [*names, self.old] if it != self.new] if self.deployed else []
        listed = "".join(f'    "{it}",\n' for it in dict.fromkeys(kept))
        value = f"(\n{listed})" if listed else "()"
        return _replaced(name, text, pattern, f"FORMER_NAMES: Sequence[str] = {value}")

    def _stack(self, name: str, text: str) -> str:
        """Settings below the new name, and where the stack may stand, the name that it keeps."""
        file = StackFile(path=self.root / name, namespace=self.new, text=self._keys(name, text))
        if not self.deployed or file.settings.get("emulator") or "former_name" in file.settings:
            return file.text
        return file.with_value("", "former_name", self.old).text

    def _keys(self, _: str, text: str) -> str:
        """Settings as a stack's file spells them: `blueprint:stage`."""
        return re.sub(rf"(?<![\w/.-]){re.escape(self.old)}:(?=[a-z])", f"{self.new}:", text)

    def _types(self, _: str, text: str) -> str:
        """Types of components: `"blueprint:data:Database"`."""
        return re.sub(rf'"{re.escape(self.old)}:(?=[a-z]+:[A-Z]\w*")', f'"{self.new}:', text)


def _is_stack_file(name: str) -> bool:
    return re.fullmatch(r"Pulumi\.[^/]+\.yaml", name) is not None


def _replaced(name: str, text: str, pattern: str, value: str | Callable[[re.Match[str]], str]) -> str:
    """The text with the one place that matches replaced."""
    after, count = re.subn(pattern, value if callable(value) else lambda _: value, text)
    if count != 1:
        raise RenameError(f"{name} is not written as this command expects: {count} places match {pattern}.")
    return after


def changed_lines(before: str, after: str) -> int:
    """How many lines of a text are new or other than before."""
    known = set(before.splitlines())
    return sum(line not in known for line in after.splitlines())


def summary(root: Path, changes: Mapping[str, str]) -> list[tuple[str, int]]:
    """Each changed file with the number of its changed lines."""
    return [
        (name, changed_lines((root / name).read_text(encoding="utf-8"), text))
        for name, text in sorted(changes.items())
    ]

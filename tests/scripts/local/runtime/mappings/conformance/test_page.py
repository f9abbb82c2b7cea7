"""The page that states these behaviours and the tests that prove them say the same."""

import ast
import re
from pathlib import Path

FOLDER = Path(__file__).parent
PAGE = Path(__file__).parents[6] / "docs/reference/local_event_sources.md"
# A docstring here is the title of a page of AWS and, between quotation marks, what it says.
QUOTATION = re.compile(r'(?P<page>[^"]+): "(?P<said>.+)"')
ROW = re.compile(r'\| (?P<behaviour>[^|"]+) \| "(?P<said>[^|]+)" \| (?P<page>[^|]+) \|[^|]*\|')


def proven() -> list[tuple[str, str, str]]:
    """Return each behaviour that is tested, what AWS says of it, and on which page."""
    found = []
    for path in sorted(FOLDER.glob("test_*.py")):
        if path == Path(__file__):
            continue
        for one in ast.parse(path.read_text()).body:
            if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef) and one.name.startswith("test_"):
                quotation = QUOTATION.fullmatch(" ".join((ast.get_docstring(one) or "").split()))
                assert quotation, f"{path.name}: {one.name} does not say what AWS says, and where"
                behaviour = one.name.removeprefix("test_").replace("_", " ")
                found.append((behaviour, quotation["said"], quotation["page"]))
    return found


def test_every_behaviour_of_the_page_is_tested_and_every_test_is_on_the_page() -> None:
    rows = [ROW.fullmatch(line) for line in PAGE.read_text().splitlines()]
    stated = [(row["behaviour"], row["said"], row["page"]) for row in rows if row]
    assert sorted(stated) == sorted(proven())


def test_no_two_behaviours_share_a_name() -> None:
    names = [behaviour for behaviour, _, _ in proven()]
    assert len(set(names)) == len(names)

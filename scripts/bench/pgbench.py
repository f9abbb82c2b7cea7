"""A transaction of the shop as a script for pgbench: its own statements, read from the server's log."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

# 2026-11-29 11:13:32.123 UTC [1234] LOG:  execute __asyncpg_stmt_3__: SELECT ...
ENTRY = re.compile(r"^\d{4}-\d\d-\d\d \S+ \S+ \[(?P<pid>\d+)\] (?P<kind>[A-Z]+):  ", re.MULTILINE)
STATEMENT = re.compile(r"(?:execute [^:]*|statement):\s(?P<sql>.*)", re.DOTALL)
ARRAY_OF_ONE = re.compile(r"\{([^{}\",\\]+)\}")
UUID_TEXT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
PLACE = re.compile(r"\$(\d+)")
VALUE = re.compile(r"\$(\d+) = (?:'((?:[^']|'')*)'|NULL)")


@dataclass
class Statement:
    """A statement, and the values that it was run with as text; None for NULL."""

    sql: str
    values: dict[int, str | None] = field(default_factory=dict)


def transaction(log: str, mark: str) -> list[Statement]:
    """Return the last transaction in which a statement begins with `mark`, from BEGIN to COMMIT."""
    found: list[Statement] = []
    by_process: dict[str, list[Statement]] = {}
    for pid, statement in _statements(log):
        own = by_process.setdefault(pid, [])
        if statement.sql.startswith("BEGIN"):
            own.clear()
        own.append(statement)
        if statement.sql.startswith("COMMIT") and any(one.sql.startswith(mark) for one in own):
            found = own.copy()
    return found


def _statements(log: str) -> Iterator[tuple[str, Statement]]:
    """Yield the statements in a log with the process that ran each."""
    entries = list(ENTRY.finditer(log))
    last: dict[str, Statement] = {}
    for entry, following in zip(entries, [*entries[1:], None], strict=True):
        text = log[entry.end() : following.start() if following else len(log)]
        pid = entry["pid"]
        said = STATEMENT.match(text)
        if entry["kind"] == "LOG" and said:
            # Between two entries of one process another's may stand: values belong to the last of their own.
            if pid in last:
                yield pid, last.pop(pid)
            last[pid] = Statement(" ".join(said["sql"].split()))
        elif entry["kind"] == "DETAIL" and pid in last:
            pairs = VALUE.findall(text)
            last[pid].values = {int(place): _unquoted(value, text, place) for place, value in pairs}
    yield from last.items()


def _unquoted(value: str, text: str, place: str) -> str | None:
    return None if f"${place} = NULL" in text else value.replace("''", "'")


def script(statements: list[Statement], setting: str, changing: Mapping[str, str]) -> str:
    """Return a script that runs the statements again and again.

    `setting` are the lines that draw new values for each transaction. `changing` says by which expression a
    value, also as an array's only one, is replaced that must differ each time. A UUID that stands in one
    place only is that of a new row, and is made anew; one that is looked for as well is kept.
    """
    values = [value for statement in statements for value in statement.values.values() if value is not None]
    given = [ARRAY_OF_ONE.sub(r"\1", value) for value in values]
    once = {
        value: "gen_random_uuid()"
        for value, count in Counter(given).items()
        if count == 1 and _is_uuid(value)
    }
    lines = [setting]
    for statement in statements:
        value_of = partial(_expression, statement, {**once, **changing})
        lines.append(PLACE.sub(value_of, statement.sql).rstrip(";") + ";")
    return "\n".join(lines) + "\n"


def _expression(statement: Statement, changing: Mapping[str, str], place: re.Match[str]) -> str:
    value = statement.values[int(place[1])]
    if value is None:
        return "NULL"
    only = ARRAY_OF_ONE.fullmatch(value)
    if only and only[1] in changing:
        return f"ARRAY[{changing[only[1]]}]"
    if value in changing:
        return changing[value]
    # As an escape string: pgbench takes a word after a colon for a variable, wherever it stands.
    return "E'" + value.replace("\\", "\\\\").replace("'", "''").replace(":", "\\x3A") + "'"


def _is_uuid(value: str) -> bool:
    return UUID_TEXT.fullmatch(value) is not None

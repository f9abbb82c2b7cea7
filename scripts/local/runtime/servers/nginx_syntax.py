"""Pieces of nginx configuration: texts quoted, wildcards as patterns, blocks indented."""

import re
import string
from collections.abc import Iterable, Mapping

PLAIN = frozenset(string.ascii_letters + string.digits + "/_-")
# nginx has no way to quote a dollar sign: a variable must stand for it.
DOLLAR = 'geo $dollar {\n    default "$";\n}'


# What a request that asks for a WebSocket is passed on with; any other upgrade stays with who asked for it.
UPGRADE = """\
proxy_set_header Connection $websocket_connection;
proxy_set_header Upgrade $websocket;"""


def quoted(text: str) -> str:
    """Return a text as a quoted argument, without variables; needs `DOLLAR` beside it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\r", "\\r").replace("\n", "\\n")
    return '"' + escaped.replace("$", "${dollar}") + '"'


def wildcard(pattern: str) -> str:
    """Return a regular expression for a pattern of AWS: `*` is any characters, `?` exactly one."""
    wild = {"*": ".*", "?": "."}
    return "".join(wild.get(character) or literal(character) for character in pattern)


def literal(text: str) -> str:
    """Return a regular expression for exactly this text, which needs no further quoting in nginx."""
    return "".join(
        character if character in PLAIN else "".join(f"\\x{byte:02x}" for byte in character.encode())
        for character in text
    )


def greater(number: int) -> str:
    """Return a regular expression for the decimal numbers above `number`, without leading zeros."""
    digits = str(number)
    longer = rf"[1-9]\d{{{len(digits)},}}"
    rest = len(digits) - 1
    above = [
        rf"{digits[:index]}[{int(digit) + 1}-9]\d{{{rest - index}}}"
        for index, digit in enumerate(digits)
        if digit != "9"
    ]
    return "(?:" + "|".join([longer, *above]) + ")"


def lesser(number: int) -> str:
    """Return a regular expression for the decimal numbers below `number`, without leading zeros."""
    if number <= 0:
        return "(?!)"  # matches nothing
    digits = str(number)
    rest = len(digits) - 1
    shorter = [rf"(?:0|[1-9]\d{{0,{rest - 1}}})"] if rest else []
    below = [
        rf"{digits[:index]}[{0 if index or not rest else 1}-{int(digit) - 1}]\d{{{rest - index}}}"
        for index, digit in enumerate(digits)
        if int(digit) > (0 if index or not rest else 1)
    ]
    return "(?:" + "|".join([*shorter, *below]) + ")"


def block(head: str, lines: Iterable[str]) -> str:
    """Return a block of directives; an inner block may be one of its lines."""
    indented = "\n".join(re.sub(r"(?m)^(?=.)", "    ", line) for line in lines)
    return f"{head} {{\n{indented}\n}}"


def mapping(source: str, variable: str, cases: Mapping[str, str], default: str = '""') -> str:
    """Return a `map` from the text of `source` to `variable`; keys and values as nginx reads them."""
    lines = [f"{key} {value};" for key, value in cases.items()]
    return block(f"map {source} ${variable}", [f"default {default};", *lines])


# The variables of `UPGRADE`; `websocket` is "" for all other requests.
UPGRADE_MAPS = "\n".join(
    [
        mapping("$http_upgrade", "websocket", {'"~*^websocket$"': "websocket"}),
        mapping("$websocket", "websocket_connection", {"websocket": "upgrade"}),
    ]
)

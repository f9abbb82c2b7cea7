"""How wide texts are, about: no font is at hand where a picture is written, and every reader has another."""

from collections.abc import Sequence

NAME, DETAIL = 8.6, 6.9
"""Width of an average character of a name, and of what stands below it."""

_WIDE, _NARROW = frozenset("mwMWQO@…×"), frozenset("iljtfI.,:;'|!()[] -·1")


def text_width(text: str, unit: float) -> float:
    """About how wide a text is, where `unit` is the width of its average character."""
    return sum(unit * (1.4 if it in _WIDE else 0.6 if it in _NARROW else 1.0) for it in text)


def shortened(text: str, width: float, unit: float) -> str:
    """A text that fits: its middle gives way to an ellipsis, since names differ at their ends."""
    if text_width(text, unit) <= width:
        return text
    keep = len(text)
    while keep > 4 and text_width(f"{text[: keep // 2]}…{text[-(keep // 2) :]}", unit) > width:
        keep -= 1
    return f"{text[: keep // 2]}…{text[-(keep // 2) :]}"


def wrapped(details: Sequence[str], width: float) -> list[str]:
    """Details on at most two lines, parted by dots."""
    lines = [""]
    for detail in details:
        longer = f"{lines[-1]} · {detail}" if lines[-1] else detail
        if text_width(longer, DETAIL) <= width or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(detail)
    return [shortened(line, width, DETAIL) for line in [lines[0], " · ".join(lines[1:])] if line]

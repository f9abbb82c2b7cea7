"""Windows of time in which AWS looks after a database or a cache: when they are, and whether they overlap."""

from collections.abc import Iterator

from infra.errors import Problem

A_DAY = 24 * 60  # minutes
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def too_short(key: str, window: str | None, least: int, service: str) -> Iterator[Problem]:
    """The problem of a window, at setting `key`, that has fewer minutes than `least`."""
    if window and length(window) < least:
        yield Problem(
            key=key,
            value=window,
            allowed=f"at least {least} minutes",
            remedy=f"{service} refuses shorter windows: end it later.",
        )


def overlapping(
    key: str, daily: str | None, other: str, weekly: str | None, service: str
) -> Iterator[Problem]:
    """The problem of a daily window, at setting `key`, that meets the weekly one at setting `other`."""
    if daily is None or weekly is None:
        return
    begin, long = minute(weekly.partition("-")[0]) % A_DAY, length(weekly)
    at = minute(daily.partition("-")[0])
    if (at - begin) % A_DAY < long or (begin - at) % A_DAY < length(daily):
        yield Problem(
            key=key,
            value=daily,
            allowed=f"a time apart from {other}, {weekly}",
            remedy=f"{service} refuses windows that overlap: move one of them.",
        )


def minute(time: str) -> int:
    """The minute of the week of `sun:03:30`, or of the day of `03:30`."""
    *day, hour, minutes = time.split(":")
    return (DAYS.index(day[0]) * A_DAY if day else 0) + int(hour) * 60 + int(minutes)


def length(window: str) -> int:
    """Minutes from the beginning of a window to its end, which may lie after midnight or the week's end."""
    begin, _, end = window.partition("-")
    around = 7 * A_DAY if begin.count(":") == 2 else A_DAY
    return (minute(end) - minute(begin)) % around

"""The part of a systemd unit that says how a service is started.

https://www.freedesktop.org/software/systemd/man/latest/systemd.service.html, and `systemd.exec` there.
"""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from scripts.local.runtime.errors import LocalRuntimeError

# systemd's own values where a unit does not say.
DEFAULT_RESTART_SECONDS = 0.1
DEFAULT_STOP_SECONDS = 90.0
UNITS_OF_TIME = {"": 1.0, "s": 1.0, "sec": 1.0, "ms": 0.001, "min": 60.0, "m": 60.0, "h": 3600.0}
# Prefixes of a command that change how it is run: none of them can be followed here.
SPECIAL_PREFIXES = "@-:+!|"


@dataclass(frozen=True, kw_only=True)
class Unit:
    """A service: words of its commands before substitution, its own environment, delays in seconds."""

    command: tuple[str, ...]
    prepare: tuple[tuple[str, ...], ...]
    environment: Mapping[str, str]
    environment_files: tuple[str, ...]
    working_directory: str
    restart_seconds: float
    stop_seconds: float


def parse(text: str) -> Unit:
    """Read a unit's [Service] section; raises `LocalRuntimeError` where it cannot be followed."""
    settings = _section(text, "Service")
    commands = [_words(line) for line in settings.get("ExecStart", [])]
    if len(commands) != 1:
        raise LocalRuntimeError(f"The unit has {len(commands)} lines ExecStart=; exactly one is needed.")
    assignments = [word for line in settings.get("Environment", []) for word in shlex.split(line)]
    return Unit(
        command=commands[0],
        prepare=tuple(_words(line) for line in settings.get("ExecStartPre", [])),
        environment=dict(assignment.split("=", 1) for assignment in assignments),
        environment_files=tuple(settings.get("EnvironmentFile", [])),
        working_directory=settings.get("WorkingDirectory", ["/"])[-1],
        restart_seconds=_seconds(settings, "RestartSec", DEFAULT_RESTART_SECONDS),
        stop_seconds=_seconds(settings, "TimeoutStopSec", DEFAULT_STOP_SECONDS),
    )


def substitute(words: tuple[str, ...], environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return a command's words with `${NAME}` replaced, and `$NAME` as a word of its own split into words."""
    result: list[str] = []
    for word in words:
        if re.fullmatch(r"\$\w+", word):
            result += environment.get(word[1:], "").split()
        else:
            result.append(re.sub(r"\$\{(\w+)\}", lambda name: environment.get(name[1], ""), word))
    return tuple(result)


def _section(text: str, wanted: str) -> dict[str, list[str]]:
    """Return the settings of one section, each with its values; an empty one clears the earlier."""
    settings: dict[str, list[str]] = {}
    section = ""
    for line in text.replace("\\\n", " ").splitlines():
        stripped = line.strip()
        if stripped.startswith("["):
            section = stripped.strip("[]")
        elif section == wanted and "=" in stripped and not stripped.startswith(("#", ";")):
            name, value = (part.strip() for part in stripped.split("=", 1))
            settings[name] = [*settings.get(name, []), value] if value else []
    return settings


def _words(line: str) -> tuple[str, ...]:
    if line[:1] in SPECIAL_PREFIXES:
        raise LocalRuntimeError(
            f"The unit's command {line!r} begins with a prefix that cannot be followed here."
        )
    return tuple(shlex.split(line))


def _seconds(settings: Mapping[str, list[str]], name: str, default: float) -> float:
    """Return a time span such as `2`, `500ms` or `1min 30s` in seconds."""
    if not settings.get(name):
        return default
    text = settings[name][-1]
    parts = re.findall(r"(\d+(?:\.\d+)?)\s*([a-z]*)", text)
    if not parts or any(unit not in UNITS_OF_TIME for _, unit in parts):
        raise LocalRuntimeError(f"The unit's {name}={text} is no time span such as 2, 500ms or 1min 30s.")
    return sum(float(number) * UNITS_OF_TIME[unit] for number, unit in parts)

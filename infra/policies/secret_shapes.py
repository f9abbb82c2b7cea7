"""Tells what looks like a secret, by the name it goes by or by its own shape."""

import math
import re
from collections import Counter
from collections.abc import Iterator

NAMES = re.compile(
    r"(pass(word|wd|phrase)?|secret|token|credentials?|(api|access|private|signing|encryption)[_-]?key)$",
    re.IGNORECASE,
)
"""Names whose value is a secret. DATABASE_SECRET_ARN is none of them: it says where the secret is kept."""

REFERENCES = re.compile(r"^(arn:|/|\{\{resolve:|true$|false$|\d{1,6}$|$)", re.IGNORECASE)
"""Values that are no secret whatever their name: an ARN, a path, a reference, a switch, a small number."""

SHAPES = {
    "an AWS access key": re.compile(r"\b(AKIA|ASIA)[0-9A-Z]{16}\b"),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "a GitHub token": re.compile(r"\b(gh[pousr]_[A-Za-z0-9]{36}|github_pat_\w{60,})"),
    "a Slack token": re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{10,}"),
    "a Stripe key": re.compile(r"\b[rs]k_live_[A-Za-z0-9]{16,}"),
    "a signed token": re.compile(r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}"),
    "a password in an address": re.compile(r"://[^\s/:@]+:[^\s/:@]+@"),
}

ASSIGNMENT = re.compile(r"([A-Za-z][\w-]*)\s*[=:]\s*[\"']?(?![\w.]+\()([^\s\"'$<{]+)")
"""A name and the value that a script gives it; `$NAME`, `fetch()` and the like are no values."""

RANDOM = re.compile(r"[A-Za-z0-9+_=-]{24,}")
RANDOM_BITS = 4.0
"""Bits of entropy a character: words and hexadecimal digests stay below, generated secrets do not."""


def secret_in(name: str, value: str) -> str | None:
    """What makes `value`, called `name`, look like a secret; None if nothing does."""
    if shape := shape_in(value):
        return f"it holds {shape}"
    if NAMES.search(name) and not REFERENCES.match(value):
        return "its name says that it is secret"
    if any(_is_random(match) for match in RANDOM.findall(value)):
        return "it looks like a generated secret"
    return None


def shape_in(text: str) -> str | None:
    """The kind of secret that stands somewhere in `text`."""
    return next((kind for kind, shape in SHAPES.items() if shape.search(text)), None)


def secrets_assigned(script: str) -> Iterator[str]:
    """What gives secrets away in a script: their kinds, or the names that they are given."""
    if shape := shape_in(script):
        yield f"it holds {shape}"
    for name, value in ASSIGNMENT.findall(script):
        if NAMES.search(name) and not REFERENCES.match(value):
            yield f"it gives {name} a value"


def _is_random(text: str) -> bool:
    kinds = (str.islower, str.isupper, str.isdigit)
    if not all(any(kind(char) for char in text) for kind in kinds):
        return False
    counts = Counter(text).values()
    entropy = -sum(count / len(text) * math.log2(count / len(text)) for count in counts)
    return entropy > RANDOM_BITS

"""random: values that are drawn once and kept in the stack's state."""

import secrets
import string

from scripts.local.engine.registry import Created, creates
from scripts.local.engine.resource import Resource

SPECIAL = "!@#$%&*()-_=+[]{}<>:?"  # what the provider draws from by default


@creates("random:index/randomPassword:RandomPassword")
def random_password(resource: Resource) -> Created:
    """Draw a password with characters of every wanted kind."""
    resource.without_effect("keepers")  # what makes Pulumi draw anew
    length = resource.take("length")
    special = resource.take("overrideSpecial") or SPECIAL
    kinds = [
        (string.ascii_lowercase, *_wanted(resource, "lower", "minLower")),
        (string.ascii_uppercase, *_wanted(resource, "upper", "minUpper")),
        (string.digits, *_wanted(resource, "numeric", "minNumeric")),
        (special, *_wanted(resource, "special", "minSpecial")),
    ]
    drawn = [secrets.choice(characters) for characters, _, least in kinds for _ in range(least)]
    everything = "".join(characters for characters, wanted, _ in kinds if wanted)
    drawn += [secrets.choice(everything) for _ in range(length - len(drawn))]
    secrets.SystemRandom().shuffle(drawn)
    return "none", {"result": "".join(drawn)}


def _wanted(resource: Resource, kind: str, least: str) -> tuple[bool, int]:
    """Return whether characters of a kind are wanted, which is the default, and how many at least."""
    return resource.take(kind, default=True), resource.take(least, 0)

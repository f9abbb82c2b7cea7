"""Physical names.

They begin with the project's name, or with the one that it had when the stack was first deployed.
What people and programs look up by name (queues, functions, databases, roles) is called
`<project>-<stack>-<name>`. What is replaced while others still use it (target groups, launch templates,
security groups, subnet and parameter groups) is named by Pulumi, which appends a random suffix: a fixed name
would stand in the way of making the new one before the old one goes.
"""

import hashlib
from contextvars import ContextVar

import pulumi

HASH = 7
_project: ContextVar[str | None] = ContextVar("project", default=None)

PULUMI_SUFFIX = 8
"""What Pulumi appends to a name that it makes: a hyphen and seven hexadecimal digits."""


def begin_with(project: str) -> None:
    """Let physical names of the running program begin with another project's name than its own."""
    _project.set(project)


def fit(name: str, limit: int) -> str:
    """`name` where it has at most `limit` characters, else its beginning and a hash of the whole.

    The hash keeps two long names apart that begin alike. Limits come from the services' API references; each
    caller names its own.
    """
    if len(name) <= limit:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:HASH]
    return f"{name[: limit - HASH - 1].rstrip('-')}-{digest}"


def prefix() -> str:
    """`<project>-<stack>`, with which physical names begin."""
    return f"{_project.get() or pulumi.get_project()}-{pulumi.get_stack()}"


def physical(name: str, limit: int) -> str:
    """`<project>-<stack>-<name>` within `limit` characters; of the program that Pulumi is running."""
    return fit(f"{prefix()}-{name}", limit)


def pattern(limit: int) -> str:
    """What every physical name within `limit` characters matches, as IAM writes it; `*` is any text.

    Names that do not fit end in a hash, and keep less of the prefix than it has.
    """
    whole = f"{prefix()}-"
    return f"{whole[: limit - HASH - 1].rstrip('-') if len(whole) > limit - HASH - 1 else whole}*"


def auto(name: str, limit: int) -> str:
    """`name` short enough for the suffix that Pulumi appends to stay within `limit` characters."""
    return fit(name, limit - PULUMI_SUFFIX)

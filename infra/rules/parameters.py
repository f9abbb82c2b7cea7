"""Parameters of databases and caches that a setting of their own decides: each has one place."""

from collections.abc import Iterator, Mapping

from infra.errors import Problem


def decided_elsewhere(key: str, parameters: Mapping[str, str], by: Mapping[str, str]) -> Iterator[Problem]:
    """Say which of the `parameters` under `key` are decided `by` other settings."""
    for name, value in parameters.items():
        if setting := by.get(name):
            yield Problem(
                key=f"{key}.{name}",
                value=value,
                allowed="parameters that no other setting decides",
                remedy=f"Remove it, and set {setting}.",
            )

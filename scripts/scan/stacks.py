"""The stacks that are scanned: each preset the way it would go to production."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal, TypedDict

OWN: Mapping[str, Any] = MappingProxyType(
    {
        "alarm_email": "team@example.com",
        "compute": {"ami": "ami-0fedcba9876543210"},
        "second_region": {"ami": "ami-0123456789abcdef0"},
        "domain": {"name": "shop.example.com", "create_zone": True, "delegated": True},
    }
)
"""What a preset leaves for its owner to say, and what no shop goes to production without."""


class Way(TypedDict):
    """How a preset is evaluated."""

    stage: Literal["prod", "staging"]
    own: Mapping[str, Any]


def way(preset: str) -> Way:
    """How a preset is evaluated: as production, but `single`, which no production may be."""
    return {"stage": "staging" if preset == "single" else "prod", "own": OWN}

"""The rungs of the ladder: each preset is a full set of values, which a stack overrides key by key."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

import yaml

Preset = Literal["single", "growth", "scale", "internet"]

PRESETS: tuple[Preset, ...] = get_args(Preset)
FOLDER = Path(__file__).parents[1] / "presets"


def with_preset(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """`config` on top of the preset that it names; of one that does not exist, on top of the first."""
    name = config.get("preset")
    return merged(values(name if name in PRESETS else PRESETS[0]), config)


@cache
def values(preset: Preset) -> Mapping[str, Any]:
    """What the file of `preset` sets."""
    content: dict[str, Any] = yaml.safe_load((FOLDER / f"{preset}.yaml").read_text())
    return content


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> Mapping[str, Any]:
    """`above` laid over `below`: groups are merged key by key; everything else, lists too, is replaced."""
    both = {
        key: merged(below[key], value)
        for key, value in above.items()
        if isinstance(value, Mapping) and isinstance(below.get(key), Mapping)
    }
    return {**below, **above, **both}

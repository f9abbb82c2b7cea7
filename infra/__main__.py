"""Reads the settings, builds the stack, exports its outputs."""

from pathlib import Path

import pulumi

from infra.manifest import Manifest
from infra.settings import Settings
from infra.stack import Stack

ROOT = Path(__file__).absolute().parents[1]

settings = Settings.load()
manifest = Manifest.read(ROOT / "dist" / settings.platform, settings)
for name, value in Stack(settings, manifest).outputs().items():
    pulumi.export(name, value)

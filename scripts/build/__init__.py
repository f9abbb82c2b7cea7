"""Builds what is deployed: the application bundle and one zip a Lambda function.

`build` is the way in; `Manifest` says what came out. `recipes` declares what each artifact consists of,
`vendoring` fetches its dependencies, `archives` packs both so that the same input gives the same bytes.
"""

from scripts.build.builder import build
from scripts.build.errors import BuildError
from scripts.build.manifest import Artifact, Manifest
from scripts.build.platforms import PLATFORMS

__all__ = ["PLATFORMS", "Artifact", "BuildError", "Manifest", "build"]

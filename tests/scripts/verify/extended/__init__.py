"""A stack of what our extensions of moto are for: a component for each, called after its module."""

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from tests.scripts.verify.extended import compute, data, edge, events
from tests.scripts.verify.extended.ground import REGION, Ground, Maker

MAKERS: Mapping[str, Maker] = {**compute.MAKERS, **data.MAKERS, **edge.MAKERS, **events.MAKERS}
"""What each extension is shown by."""


class Extension(pulumi.ComponentResource):
    """What an extension is shown by."""

    def __init__(self, name: str, make: Maker, ground: Ground) -> None:
        super().__init__("blueprint:test:Extension", name)
        make(ground, name.replace("_", "-"), pulumi.ResourceOptions(parent=self))


def program() -> None:
    """Register everything, in one region but for what reaches into another."""
    aws.Provider("aws", region=REGION, default_tags={"tags": {"Stack": "extended"}})
    ground = Ground.laid()
    for name, make in MAKERS.items():
        Extension(name, make, ground)

"""An example of each class of arguments, a module for each area."""

from collections.abc import Mapping

from tests.infra.components.examples import (
    analytics,
    compute,
    data,
    edge,
    events,
    network,
    operations,
    protection,
)
from tests.infra.components.examples.example import Example

EXAMPLES: Mapping[type, Example] = {
    **network.EXAMPLES,
    **data.EXAMPLES,
    **events.EXAMPLES,
    **analytics.EXAMPLES,
    **compute.EXAMPLES,
    **edge.EXAMPLES,
    **operations.EXAMPLES,
    **protection.EXAMPLES,
}

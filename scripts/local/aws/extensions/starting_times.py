"""Lambda: a mapping that starts at a time says at which. Needed for moto 5.2.5, which keeps it to itself."""

from typing import Any

from moto.awslambda.models import EventSourceMapping

_configuration = EventSourceMapping.get_configuration


def install() -> None:
    """Answer with `StartingPositionTimestamp`, which the local runtime starts from."""
    EventSourceMapping.get_configuration = _with_time  # type: ignore[method-assign]


def _with_time(self: EventSourceMapping) -> dict[str, Any]:
    configuration = _configuration(self)
    if self.starting_position_timestamp is not None:
        configuration["StartingPositionTimestamp"] = self.starting_position_timestamp
    return configuration

"""Where couriers are."""

from typing import ClassVar, Self

from pydantic import AwareDatetime, Field

from app.events.contract import EXAMPLE_TIME, Consumer, EventData, Pattern


class PositionReported(EventData):
    """A courier said where it is. It goes to the stream of positions straight and not through the outbox: the
    next position makes up for one that is lost.
    """

    type: ClassVar[str] = "position.reported"
    pattern: ClassVar[Pattern] = "state transfer"
    consumers: ClassVar[tuple[Consumer, ...]] = (
        Consumer("position_writer", "state transfer", "stores positions, many in one statement"),
    )
    is_wrapped: ClassVar[bool] = False

    courier_id: str = Field(min_length=1, max_length=256, description="The courier")
    recorded_at: AwareDatetime = Field(description="When the courier was there")
    latitude: float = Field(ge=-90, le=90, description="Degrees, WGS 84")
    longitude: float = Field(ge=-180, le=180, description="Degrees, WGS 84")

    @property
    def aggregate_id(self) -> str:
        """Return the courier's id."""
        return self.courier_id

    @classmethod
    def example(cls) -> Self:
        """Return one in Berlin."""
        return cls(courier_id="courier-7", recorded_at=EXAMPLE_TIME, latitude=52.52, longitude=13.405)

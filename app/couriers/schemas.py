"""What a courier reports."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_validator

# A clock this far ahead would hold the place of the newest position against every right one.
CLOCK_TOLERANCE = timedelta(minutes=1)


class NewPosition(BaseModel):
    """A place on earth (WGS 84, degrees) and when the courier was there; now, if it is not said."""

    model_config = ConfigDict(extra="forbid")

    latitude: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False, examples=[52.52])]
    longitude: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False, examples=[13.405])]
    recorded_at: AwareDatetime = Field(default_factory=lambda: datetime.now(UTC))

    @field_validator("recorded_at")
    @classmethod
    def _is_not_ahead(cls, recorded_at: datetime) -> datetime:
        if recorded_at > datetime.now(UTC) + CLOCK_TOLERANCE:
            raise ValueError("It lies in the future: set the courier's clock")
        return recorded_at.astimezone(UTC)


class Position(NewPosition):
    """A courier's position."""

    courier_id: str


class NewPositions(BaseModel):
    """Positions that a courier kept while it could not report them, in any order."""

    model_config = ConfigDict(extra="forbid")

    positions: Annotated[list[NewPosition], Field(min_length=1, max_length=500)]


class Report(NewPositions):
    """Positions as a socket brings them."""

    type: Literal["positions"]


class Accepted(BaseModel):
    """How many positions the stream has."""

    count: int


class Nearby(BaseModel):
    """Which couriers to find."""

    model_config = ConfigDict(extra="forbid")

    latitude: float = Field(ge=-90, le=90, allow_inf_nan=False, examples=[52.52])
    longitude: float = Field(ge=-180, le=180, allow_inf_nan=False, examples=[13.405])
    limit: int = Field(10, ge=1, le=100, description="Couriers at most")
    radius_km: float = Field(10, ge=0.01, le=500, allow_inf_nan=False, description="Kilometres around")


class NearestCourier(BaseModel):
    """A courier near a place."""

    courier_id: str
    distance_km: float
    latitude: float
    longitude: float
    recorded_at: datetime


class NearestCouriers(BaseModel):
    """Couriers, the nearest first; who has been silent for two minutes is not among them."""

    items: list[NearestCourier]

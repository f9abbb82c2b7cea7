"""What a review says."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Rating = Annotated[int, Field(ge=1, le=5, strict=True, description="1 is the worst, 5 the best")]
Text = StringConstraints(strip_whitespace=True, min_length=1)
# What a review says beside: of shoes the width, of a book the edition. The shop stores and shows it.
DetailName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Detail = Annotated[str, Field(max_length=200)] | Annotated[int, Field(ge=-(2**53), le=2**53)] | bool


class NewReview(BaseModel):
    """What a customer sends."""

    model_config = ConfigDict(extra="forbid")

    rating: Rating
    author_name: Annotated[str, Text, Field(max_length=50)]
    title: Annotated[str, Text, Field(max_length=120)]
    text: Annotated[str, Field(max_length=5_000)] = ""
    details: Annotated[dict[DetailName, Detail], Field(max_length=20)] = {}


class Review(NewReview):
    """A review as the shop has it; `version` counts its changes."""

    model_config = ConfigDict(extra="ignore")

    product_id: int
    author_id: UUID
    created_at: datetime
    updated_at: datetime
    version: int


class Ratings(BaseModel):
    """What all reviews of a product come to."""

    count: int
    average: float | None = Field(description="null while there is no review", examples=[4.2])
    by_rating: dict[int, int] = Field(description="How many gave 1, 2, 3, 4 and 5")


class ReviewPage(BaseModel):
    """Some reviews, the newest first; `next` is the cursor of the page that follows, null on the last."""

    items: list[Review]
    next: str | None


class ProductReviews(ReviewPage):
    """Some reviews of a product, and what all of them come to."""

    ratings: Ratings

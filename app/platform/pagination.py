"""Pages by keyset: a cursor says after which row the next page starts.

Rows that come or go meanwhile neither repeat nor hide another. Clients pass it on and never look inside.
"""

import base64
from typing import Annotated, Self

from pydantic import BaseModel, Field

from app.platform.problems import InvalidRequestError


class _Place(BaseModel, frozen=True):
    """The last row of a page, by what the list is sorted by."""

    def encode(self) -> str:
        """Return the place as it stands in a URL."""
        return base64.urlsafe_b64encode(self.model_dump_json().encode()).rstrip(b"=").decode()

    @classmethod
    def decode(cls, text: str) -> Self:
        """Return what `encode` made the text from.

        Raises:
            InvalidRequestError: it is no such text.
        """
        try:
            return cls.model_validate_json(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        except ValueError:
            error = {
                "parameter": "cursor",
                "detail": "It is not a cursor: pass on the `next` of a page as it is",
            }
            raise InvalidRequestError([error]) from None


class Cursor(_Place, frozen=True):
    """A row of a list that is sorted by rank downwards, then id upwards."""

    rank: Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)] = 0.0
    id: Annotated[int, Field(ge=0, lt=2**63)]


class Moment(_Place, frozen=True):
    """An item of a list that is sorted by time downwards; `id` tells it from others of the same moment."""

    created_at: Annotated[str, Field(min_length=1, max_length=40)]
    id: Annotated[str, Field(min_length=1, max_length=64)]

"""What every group of settings is made of."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Email = Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", examples=["shop@example.com"])]


class Section(BaseModel):
    """A group of settings: unchangeable once read, and a name that it does not know is an error."""

    # Numbers as text: YAML reads an unquoted `8.0` as a number.
    model_config = ConfigDict(frozen=True, extra="forbid", coerce_numbers_to_str=True)

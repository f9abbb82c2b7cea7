"""What people send to register and to sign in, and what they get. Secrets never show in a log or a repr."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, SecretStr

# One @, a dot after it, and nothing that could break out of a mail's header. Whether somebody reads mail
# there, only a mail can tell.
EMAIL_PATTERN = r"^[^@\s\x00-\x1f\x7f]+@[^@\s\x00-\x1f\x7f]+\.[^@\s\x00-\x1f\x7f]+$"
EmailAddress = Annotated[
    str,
    Field(
        pattern=EMAIL_PATTERN,
        max_length=128,
        examples=["ada@example.com"],
    ),
]
Password = Annotated[SecretStr, Field(min_length=1, max_length=256)]
RefreshToken = Annotated[SecretStr, Field(min_length=1, max_length=8192)]


class Credentials(BaseModel):
    """An account's address and password."""

    model_config = ConfigDict(extra="forbid")

    email: EmailAddress
    password: Password


class Address(BaseModel):
    """An account's address."""

    model_config = ConfigDict(extra="forbid")

    email: EmailAddress


class Confirmation(Address):
    """The code that was mailed to the address."""

    code: str = Field(pattern=r"^[0-9]{6}$", examples=["123456"])


class Session(BaseModel):
    """What renews and ends a session."""

    model_config = ConfigDict(extra="forbid")

    refresh_token: RefreshToken


class Tokens(BaseModel):
    """A session: the access token goes with every request, for `expires_in` seconds; the other renews it."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - its kind (RFC 6750)
    expires_in: int
    refresh_token: str


class Accepted(BaseModel):
    """What happens next. It says the same whether or not the address has an account."""

    detail: str = "If the address waits to be confirmed, a code is on its way to it."


class Me(BaseModel):
    """Who makes the request."""

    subject: UUID
    roles: list[str]

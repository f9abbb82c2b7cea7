"""How much a read must see; its caller chooses.

- "strong": every write that was committed before. Only the primary knows it.
- "eventual": any state that there was, some seconds ago at most. Every replica has one.
- a token: at least the writes of whoever bears it. A replica serves that as soon as it has replayed them, so
  that people see what they did themselves, and the primary is spared.

Each write answers with a token, in the header `Consistency-Token`; a client sends its newest one along with
its reads. It says how far the write-ahead log of each database had come: any copy that has replayed as much
has the write.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

from fastapi import Request, Response

from app.platform.problems import InvalidRequestError

LONGEST = 64  # databases in a token

# A place in the write-ahead log, in bytes; PostgreSQL calls it LSN, and never goes back.
Position = int
Degree = Literal["strong", "eventual"]

_PART = re.compile(r"([1-9]\d{0,3})-([0-9a-f]{1,16})", re.ASCII)


@dataclass(frozen=True)
class Token:
    """The place that each database, by its number, had reached."""

    positions: Mapping[int, Position]

    def __str__(self) -> str:
        """Return the token as headers have it: `1-3000060.2-16b3748`."""
        return ".".join(f"{number}-{position:x}" for number, position in sorted(self.positions.items()))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the token that `str` made the text from.

        Raises:
            InvalidRequestError: it is no such text.
        """
        parts = [_PART.fullmatch(part) for part in text.split(".", LONGEST)]
        if len(parts) > LONGEST or None in parts:
            raise _refused("Consistency-Token", "It is not a token: pass on what a write answered as it is")
        return cls({int(part[1]): int(part[2], 16) for part in parts if part})


Consistency = Degree | Token


def for_database(consistency: Consistency, number: int) -> Degree | Position:
    """Return what is asked of one database. Of those that a token does not name, its bearer wrote nothing."""
    if isinstance(consistency, Token):
        return consistency.positions.get(number, "eventual")
    return consistency


def asked(request: Request, default: Degree) -> Consistency:
    """Return how much the request wants to see.

    Raises:
        InvalidRequestError: a header says what cannot be understood.
    """
    if not any(name.startswith(b"consistency") for name, _ in request.scope["headers"]):
        return default  # as nearly always, and told faster so
    degree = request.headers.get("consistency", default)
    if degree == "strong":
        return "strong"
    if degree != "eventual":
        raise _refused("Consistency", "It is strong or eventual")
    token = request.headers.get("consistency-token")
    return Token.parse(token) if token else "eventual"


def tell(response: Response, token: Token | None) -> None:
    """Put the token of a write into its answer, if there is one."""
    if token:
        response.headers["consistency-token"] = str(token)


# What OpenAPI says of a route that asks. FastAPI's own parameters would take longer than a cached read.
PARAMETERS: dict[str, Any] = {
    "parameters": [
        {
            "name": "Consistency",
            "in": "header",
            "description": "How much to see: every write, or what any replica has",
            "schema": {"type": "string", "enum": ["strong", "eventual"]},
        },
        {
            "name": "Consistency-Token",
            "in": "header",
            "description": "The header of that name of an earlier write, whose effect is to be seen",
            "schema": {"type": "string", "maxLength": 1_400},
        },
    ]
}


def _refused(header: str, detail: str) -> InvalidRequestError:
    return InvalidRequestError([{"parameter": header, "detail": detail}])

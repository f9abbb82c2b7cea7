"""What a client thinks is there when it changes something (RFC 9110, section 13): optimistic concurrency.

`If-Match: "3"` changes only what still is version 3, `If-None-Match: *` only makes what is not there yet.
Whoever sends neither takes what comes.
"""

import re
from dataclasses import dataclass

from fastapi import Request

from app.platform.problems import InvalidRequestError, ShopError

_TAG = re.compile(r'"([^"\s]*)"')


class PreconditionFailedError(ShopError):
    """Somebody else has changed it meanwhile, or it is there already, or no longer."""

    status = 412
    type = "/problems/precondition-failed"
    title = "It has changed"


class PreconditionRequiredError(ShopError):
    """The change must say what it is based on."""

    status = 428
    type = "/problems/precondition-required"
    title = "Say what the change is based on"


@dataclass(frozen=True)
class Precondition:
    """What the request demands of the version that there is.

    `versions`: it must be one of these; None for any, or none at all. `is_new`: there must be none.
    """

    versions: frozenset[str] | None = None
    is_new: bool = False

    @classmethod
    def of(cls, request: Request) -> "Precondition":
        """Return what the request's headers say.

        Raises:
            InvalidRequestError: they cannot be understood.
        """
        if_match, if_none_match = request.headers.get("if-match"), request.headers.get("if-none-match")
        if if_none_match not in (None, "*"):
            raise _refused("If-None-Match", "For a change it is *: there must be none yet")
        if if_match is None:
            return cls(is_new=if_none_match == "*")
        versions = _TAG.findall(if_match)
        if not versions or _TAG.sub("", if_match).strip(", "):
            raise _refused("If-Match", 'It is the ETag of an answer, in its quotes, such as "3"')
        return cls(frozenset(versions))

    @classmethod
    def required(cls, request: Request) -> "Precondition":
        """Return what the request's `If-Match` says, where nobody may change what he has not seen.

        Raises:
            PreconditionRequiredError: it says nothing.
            InvalidRequestError: it cannot be understood.
        """
        if "if-match" not in request.headers:
            raise PreconditionRequiredError("Read it, and send the answer's ETag as If-Match.")
        return cls.of(request)

    def check(self, version: str | None) -> None:
        """Compare with the version that there is; None where there is nothing.

        Raises:
            PreconditionFailedError: it is another one.
        """
        if self.is_new and version is not None:
            raise PreconditionFailedError(f"It is there already, at version {version}.")
        if self.versions is not None and version not in self.versions:
            there = "is gone" if version is None else f"is at version {version} by now"
            raise PreconditionFailedError(f"It {there}: read it again, and repeat the change on that.")


def _refused(header: str, detail: str) -> InvalidRequestError:
    return InvalidRequestError([{"parameter": header, "detail": detail}])

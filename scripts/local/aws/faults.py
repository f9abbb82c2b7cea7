"""AWS that answers "slow down": calls of a service that are refused for a while.

`POST /_blueprint/faults` begins one, with a JSON object: `service` as boto3 calls it (`*` for all but S3),
`seconds`, and as one likes `operation` (all of the service's by default), `access_key` (of those who call
with it alone), `share` of the calls that are refused (0 to 1, spread evenly; all by default) and `error`
(`ThrottlingException` by default). A fault ends by itself. `GET` tells which there are and how many calls
were refused since the server started; `DELETE` ends them all.
"""

import re
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from moto.core.common_types import TYPE_RESPONSE
from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult, BaseResponse
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, field_validator

EVERY = "*"
CREDENTIAL = re.compile(r"Credential=([^/]+)/")
MESSAGES = {"ExpiredTokenException": "The security token included in the request is expired"}
LONGEST = 3_600.0  # seconds: what was forgotten ends before the day does

_call = BaseResponse.call_action


class Refusal(ServiceException):
    """How a call is refused. A class of ours: moto looks for the error in the service that was called."""


class Fault(BaseModel):
    """Calls of a service that are refused."""

    model_config = ConfigDict(extra="forbid")

    service: str = Field(min_length=1)
    access_key: str | None = Field(default=None, min_length=1)
    seconds: float = Field(gt=0, le=LONGEST)
    operation: str | None = Field(default=None, min_length=1)
    share: float = Field(default=1.0, gt=0, le=1)
    error: str = Field(default="ThrottlingException", min_length=1)
    _until: float = PrivateAttr(default=0.0)
    _debt: float = PrivateAttr(default=0.0)  # calls that are still to be refused

    @field_validator("service")
    @classmethod
    def _can_refuse(cls, service: str) -> str:
        if service == "s3":
            raise ValueError("moto answers for S3 in a way of its own, which cannot be refused here")
        return service

    def is_of(self, service: str, operation: str, access_key: str) -> bool:
        """Tell whether it is of such calls, of who has such a key."""
        return (
            self.service in (service, EVERY)
            and self.operation in (None, operation)
            and self.access_key in (None, access_key)
        )

    def strikes(self) -> bool:
        """Count a call; tell whether it is one of those that are refused."""
        self._debt += self.share
        if self._debt < 1:
            return False
        self._debt -= 1
        return True


class Faults:
    """The faults of a server. `clock` shows seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._begun: list[Fault] = []
        self._refused: Counter[str] = Counter()

    def begin(self, document: bytes) -> dict[str, Any]:
        """Begin the fault that a JSON object describes, and return what `described` does.

        Raises:
            pydantic.ValidationError: it describes none.
        """
        fault = Fault.model_validate_json(document)
        fault._until = self._clock() + fault.seconds
        self._begun.append(fault)
        return self.described()

    def end(self) -> dict[str, Any]:
        """End all, and return what `described` does."""
        self._begun.clear()
        return self.described()

    def described(self) -> dict[str, Any]:
        """Return the faults with the seconds that they last yet, and the refused calls by operation."""
        now = self._clock()
        faults = [fault.model_dump() | {"seconds": round(fault._until - now, 3)} for fault in self._present()]
        return {"faults": faults, "refused": dict(self._refused)}

    def refusal(self, service: str, operation: str, access_key: str = "") -> Refusal | None:
        """Count a call of an operation; return the error that it is refused with, None where it is not."""
        for fault in self._present():
            if fault.is_of(service, operation, access_key) and fault.strikes():
                self._refused[f"{service}.{operation}"] += 1
                return Refusal(fault.error, MESSAGES.get(fault.error, "Rate exceeded"))
        return None

    def _present(self) -> list[Fault]:
        self._begun = [fault for fault in self._begun if fault._until > self._clock()]
        return self._begun


FAULTS = Faults()


def install() -> None:
    """Have moto ask before each call whether it is refused."""
    BaseResponse.call_action = _call_unless_refused  # type: ignore[method-assign]


def _call_unless_refused(self: BaseResponse) -> TYPE_RESPONSE:
    refusal = FAULTS.refusal(self.boto3_service_name, self._get_action() or "", access_key(self))
    if refusal is None:
        return _call(self)
    status, headers, body = self.serialized(ActionResult(refusal))
    return status, *self._enrich_response(headers, body)


def access_key(request: BaseResponse) -> str:
    """Return with whose key a request was signed: moto itself knows keys of AWS's form alone."""
    found = CREDENTIAL.search(request.headers.get("Authorization", ""))
    return found[1] if found else ""

"""What goes into a function and what comes out of it."""

import json
import os
import time
import uuid
from dataclasses import dataclass, field

from scripts.local.runtime.errors import LocalRuntimeError

# Bytes. AWS Lambda, quotas: "Invocation payload (request and response): 6 MB each for request and response
# (synchronous)"; the service counts 6 MiB and 100 bytes.
MAX_PAYLOAD = 6 * 2**20 + 100


class FunctionNotFoundError(LocalRuntimeError):
    """No such function is deployed: Lambda's ResourceNotFoundException."""


class FunctionThrottledError(LocalRuntimeError):
    """All processes of the function are busy: Lambda's TooManyRequestsException."""


def new_id() -> str:
    return str(uuid.uuid4())


def new_trace() -> str:
    """Make a trace header as X-Ray wants it: version, time and 96 random bits; not sampled."""
    return f"Root=1-{int(time.time()):08x}-{os.urandom(12).hex()};Parent={os.urandom(8).hex()};Sampled=0"


@dataclass(frozen=True, kw_only=True)
class Request:
    """One event for a function: `payload` is JSON; `arn` is the function as the caller named it."""

    payload: bytes
    arn: str
    id: str = field(default_factory=new_id)
    trace: str = field(default_factory=new_trace)


@dataclass(frozen=True, kw_only=True)
class Invocation:
    """What came of a request.

    `error` is None where the function returned, else "<type>: <message>"; then `payload` is the document that
    Lambda answers instead: `{"errorType", "errorMessage", ...}`. `log` is the last that it logged meanwhile.
    """

    request_id: str
    payload: bytes
    error: str | None = None
    log: str = ""

    @classmethod
    def ended(cls, request: Request, kind: str, message: str) -> "Invocation":
        """Return the invocation that Lambda itself ends, with an error of that kind."""
        message = f"RequestId: {request.id} Error: {message}"
        document = {"errorType": kind, "errorMessage": message}
        return cls(request_id=request.id, payload=json.dumps(document).encode(), error=f"{kind}: {message}")

    @classmethod
    def raised(cls, request: Request, document: bytes) -> "Invocation":
        """Return the invocation that failed with the error document that the function's process reported."""
        return cls(request_id=request.id, payload=document, error=describe(document))


def describe(document: bytes) -> str:
    """Return "<type>: <message>" of an error document of the Runtime API."""
    try:
        error = json.loads(document)
        return f"{error['errorType']}: {error['errorMessage']}"
    except (ValueError, LookupError, TypeError):
        return document.decode(errors="replace")

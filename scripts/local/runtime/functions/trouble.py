"""What a function is made to suffer on purpose."""

import json
from typing import Literal, get_args

from scripts.local.runtime.functions.invocation import Invocation, Request

Trouble = Literal["fail", "hang", "slow"]
TROUBLES: tuple[Trouble, ...] = get_args(Trouble)
SLOW = 3.0  # seconds that a slow function takes longer


def failed(request: Request) -> Invocation:
    """Return the invocation of a function that fails."""
    document = {"errorType": "FailureOnPurpose", "errorMessage": "blueprint local fault fail"}
    return Invocation.raised(request, json.dumps(document).encode())


def timed_out(request: Request, seconds: float) -> Invocation:
    """Return the invocation of a function that had `seconds` and did not end."""
    return Invocation.ended(request, "Sandbox.Timedout", f"Task timed out after {seconds:.2f} seconds")

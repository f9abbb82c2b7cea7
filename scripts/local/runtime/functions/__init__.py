"""Lambda functions: deployed code in AWS's own runtime client, invoked through the Lambda Runtime API."""

from scripts.local.runtime.functions.controller import Functions
from scripts.local.runtime.functions.invocation import (
    FunctionNotFoundError,
    FunctionThrottledError,
    Invocation,
)

__all__ = ["FunctionNotFoundError", "FunctionThrottledError", "Functions", "Invocation"]

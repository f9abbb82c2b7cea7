"""Lambda functions: deployed code in AWS's own runtime client, invoked through the Lambda Runtime API."""

from scripts.local.runtime.functions.controller import FunctionNotFoundError, Functions
from scripts.local.runtime.functions.invocation import Invocation

__all__ = ["FunctionNotFoundError", "Functions", "Invocation"]

"""A Lambda runtime client in the standard library alone, for machines without a build of `awslambdaric`.

Copied into the folder of the Lambda runtime and run there as `python -m blueprint_bootstrap HANDLER`: it must
not import anything of this project. It speaks the same Runtime API: asks for an event, hands it to the
handler, posts what came of it. Left out against AWS's client: the JSON log format, and results that only
simplejson can write (`Decimal`).
"""

import http.client
import importlib
import json
import os
import sys
import time
import traceback
from collections.abc import Callable
from typing import Any

PREFIX = "/2018-06-01/runtime"
Handler = Callable[[Any, "Context"], Any]


class Context:
    """What a handler is told about its invocation: the same names as in AWS's Python runtime."""

    client_context = None
    identity = None

    def __init__(self, headers: http.client.HTTPMessage) -> None:
        self.aws_request_id = headers["Lambda-Runtime-Aws-Request-Id"]
        self.invoked_function_arn = headers["Lambda-Runtime-Invoked-Function-Arn"]
        self.function_name = os.environ.get("AWS_LAMBDA_FUNCTION_NAME")
        self.function_version = os.environ.get("AWS_LAMBDA_FUNCTION_VERSION")
        self.memory_limit_in_mb = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.log_group_name = os.environ.get("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME")
        self._deadline_ms = int(headers["Lambda-Runtime-Deadline-Ms"])

    def get_remaining_time_in_millis(self) -> int:
        """Return how long the handler may still work."""
        return max(0, self._deadline_ms - int(time.time() * 1000))


def call(method: str, path: str, body: str | None = None) -> http.client.HTTPResponse:
    """Call the Runtime API and return its response, which holds the body open for reading."""
    connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    connection.request(method, PREFIX + path, None if body is None else body.encode())
    return connection.getresponse()


def describe(kind: str, message: str, error: BaseException, request_id: str = "") -> str:
    """Return the error document that Lambda answers."""
    trace = traceback.format_tb(error.__traceback__)
    document = {"errorMessage": message, "errorType": kind, "requestId": request_id, "stackTrace": trace}
    return json.dumps(document)


def load(name: str) -> Handler:
    """Import the handler `module.function`."""
    module, _, function = name.rpartition(".")
    handler: Handler = getattr(importlib.import_module(module.replace("/", ".")), function)
    return handler


def serve_one(handler: Handler) -> None:
    """Wait for an event and answer it."""
    with call("GET", "/invocation/next") as response:
        context, event = Context(response.headers), json.loads(response.read())
    os.environ["_X_AMZN_TRACE_ID"] = response.headers["Lambda-Runtime-Trace-Id"]
    request_id = context.aws_request_id
    try:
        kind, body = "response", json.dumps(handler(event, context))
    except Exception as error:  # noqa: BLE001 - whatever a handler raises is its answer
        traceback.print_exc()
        kind, body = "error", describe(type(error).__name__, str(error), error, request_id)
    call("POST", f"/invocation/{request_id}/{kind}", body).close()


def main() -> None:
    """Load the handler named on the command line, then serve events until killed."""
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr] # a process has a real one
    name = sys.argv[1]
    try:
        handler = load(name)
    except Exception as error:  # noqa: BLE001 - whatever the import raises is reported
        traceback.print_exc()
        kind, message = type(error).__name__, str(error)
        if isinstance(error, ImportError):
            kind = "Runtime.ImportModuleError"
            message = f"Unable to import module '{name.rpartition('.')[0]}': {error}"
        call("POST", "/init/error", describe(kind, message, error)).close()
        sys.exit(1)
    while True:
        serve_one(handler)


if __name__ == "__main__":
    main()

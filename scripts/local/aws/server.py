"""The HTTP server: moto's own dispatcher behind one lock, and the addresses that only we have."""

import json
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from moto.backends import SERVICE_NAMES
from moto.core.utils import get_service_model
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import make_server

from scripts.local.aws import changes, extensions, inventory, mailbox
from scripts.local.aws.lock import REQUESTS
from scripts.local.runtime.ports import HOST

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

MAILBOX = "/_blueprint/mailbox"

# What our stacks use: moto loads a service at its first call, which then takes a second. Heaviest first.
PRELOADED: tuple[SERVICE_NAMES, ...] = (
    "ec2",
    "iam",
    "s3",
    "rds",
    "lambda",
    "elbv2",
    "cloudfront",
    "dynamodb",
    "ssm",
    "sqs",
    "kinesis",
    "autoscaling",
    "elasticache",
    "secretsmanager",
    "apigatewayv2",
    "cloudwatch",
    "logs",
    "sns",
    "sesv2",
    "sts",
)


class Application:
    """The WSGI application: one request at a time, moto's but for what is ours."""

    def __init__(self) -> None:
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._changes = 0

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer one request."""
        with REQUESTS:
            if environ["PATH_INFO"] == MAILBOX:
                return _json({"messages": mailbox.messages()}, start_response)
            if environ["PATH_INFO"] == changes.PATH:
                return _json({"changes": self._changes}, start_response)
            if environ["PATH_INFO"] == inventory.PATH:
                return _json(inventory.inventory(), start_response)
            # Before it is answered: who has the answer finds that something was changed.
            self._changes += changes.is_change(environ)
            answer: Iterable[bytes] = self._moto(environ, start_response)
            return answer

    def preload(self) -> None:
        """Load what our stacks use, so that their first calls need not wait for it."""
        for service in PRELOADED:
            self._moto.app_instances.setdefault(service, create_backend_app(service))
            get_service_model(service)


class Handler(MotoRequestHandler):
    """Logs what failed, not each of thousands of requests."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log a request that ended with a server error."""
        if str(code).startswith("5"):
            super().log_request(code, size)


def serve(port: int) -> None:
    """Serve the local AWS on 127.0.0.1 at `port`, until the process is told to end."""
    extensions.install()
    application = Application()
    server = make_server(HOST, port, application, threaded=True, request_handler=Handler)
    threading.Thread(target=application.preload, name="preload", daemon=True).start()
    server.serve_forever()


def _json(answer: dict[str, Any], start_response: "StartResponse") -> Iterable[bytes]:
    body = json.dumps(answer).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]

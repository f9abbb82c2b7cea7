"""The HTTP server: moto's own dispatcher behind one lock, and the addresses that only we have."""

import json
import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from moto.backends import SERVICE_NAMES
from moto.core.utils import get_service_model
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from pydantic import ValidationError
from werkzeug.serving import make_server

from scripts.local.aws import (
    changes,
    database_addresses,
    database_storage,
    doors,
    extensions,
    faults,
    inventory,
    mailbox,
    postponements,
    target_health,
)
from scripts.local.aws.faults import FAULTS
from scripts.local.aws.lock import REQUESTS
from scripts.local.aws.target_health import TOLD
from scripts.local.runtime.ports import HOST

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

OWN = "/_blueprint/"  # how the addresses begin that only we have

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
        self._own: dict[tuple[str, str], Callable[[bytes], dict[str, Any]]] = {
            ("GET", mailbox.PATH): lambda _: {"messages": mailbox.messages()},
            ("GET", changes.PATH): lambda _: {"changes": self._changes},
            ("GET", inventory.PATH): lambda _: inventory.inventory(),
            ("GET", doors.FAULTS): lambda _: FAULTS.described(),
            ("POST", doors.FAULTS): FAULTS.begin,
            ("DELETE", doors.FAULTS): lambda _: FAULTS.end(),
            ("DELETE", postponements.PATH): lambda _: postponements.end(),
            ("PUT", doors.TARGET_HEALTH): TOLD.tell,
            ("PUT", doors.DATABASE_ADDRESSES): database_addresses.TOLD.tell,
            ("PUT", doors.DATABASE_STORAGE): self._tell_storage,
        }

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer one request."""
        with REQUESTS:
            if environ["PATH_INFO"].startswith(OWN):
                return self._answer_own(environ, start_response)
            # Before it is answered: who has the answer finds that something was changed.
            self._changes += changes.is_change(environ)
            answer: Iterable[bytes] = self._moto(environ, start_response)
            return answer

    def _answer_own(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        answer = self._own.get((environ["REQUEST_METHOD"], environ["PATH_INFO"]))
        if answer is None:
            return _json({"error": "there is nothing of this kind here"}, start_response, "404 Not Found")
        body: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        try:
            return _json(answer(body), start_response)
        except ValidationError as error:
            return _json({"error": _said(error)}, start_response, "400 Bad Request")

    def _tell_storage(self, document: bytes) -> dict[str, Any]:
        self._changes += 1  # who knows how the instance was described has to read that again
        return database_storage.tell(document)

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
    database_storage.install()
    faults.install()
    mailbox.install()
    database_addresses.install()
    postponements.install()
    target_health.install()
    application = Application()
    server = make_server(HOST, port, application, threaded=True, request_handler=Handler)
    threading.Thread(target=application.preload, name="preload", daemon=True).start()
    server.serve_forever()


def _said(error: ValidationError) -> str:
    return "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())


def _json(answer: dict[str, Any], start_response: "StartResponse", status: str = "200 OK") -> Iterable[bytes]:
    body = json.dumps(answer).encode()
    start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]

"""How often something was changed: who knows that nothing was need not read everything again.

`GET /_blueprint/changes` tells it. What only reads is no change, nor is the traffic of queues, streams,
tables (a lease is renewed every few seconds) and logs. When in doubt, a request is one: then somebody reads
in vain.
"""

import io
import re
import urllib.parse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

PATH = "/_blueprint/changes"
READ = re.compile(r"(?:Describe|Get|List|Head|BatchGet|Lookup|Search|Scan|Query)[A-Z]?.*")
TRAFFIC = re.compile(
    r"(?:(?:Send|Receive|Delete)Message(?:Batch)?|ChangeMessageVisibility(?:Batch)?|PutRecords?|PutEvents"
    r"|(?:Put|Update|Delete)Item|BatchWriteItem|TransactWriteItems"
    r"|Publish(?:Batch)?|PutLogEvents|PutMetricData|SendEmail|SendRawEmail)"
)
FORM = "application/x-www-form-urlencoded"


def is_change(environ: "WSGIEnvironment") -> bool:
    """Tell whether a request may change what is deployed; leaves its body to be read again."""
    operation = _operation(environ)
    if operation:
        return not (READ.fullmatch(operation) or TRAFFIC.fullmatch(operation))
    return environ["REQUEST_METHOD"] not in {"GET", "HEAD", "OPTIONS"}


def _operation(environ: "WSGIEnvironment") -> str:
    """Return the operation's name where the protocol says it: in a header, a form or the path's end."""
    target: str = environ.get("HTTP_X_AMZ_TARGET", "")
    if target:
        return target.rpartition(".")[2]
    if environ.get("CONTENT_TYPE", "").startswith(FORM):
        body: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        return urllib.parse.parse_qs(body.decode("latin-1")).get("Action", [""])[0]
    path: str = environ["PATH_INFO"]
    _, found, operation = path.rpartition("/operation/")  # the newest protocol, with CBOR
    return operation if found else ""

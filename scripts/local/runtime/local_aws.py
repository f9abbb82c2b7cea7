"""What the local AWS has beside AWS's own: addresses below `/_blueprint/`."""

import asyncio
import http.client
import json
import urllib.parse
from http import HTTPStatus
from typing import Any

from scripts.local.runtime.errors import LocalRuntimeError

TIMEOUT = 10.0  # seconds


async def ask(endpoint: str, method: str, path: str, document: object = None) -> Any:
    """Ask the local AWS at `endpoint` with a JSON document, and return what it answers.

    Raises:
        LocalRuntimeError: it does not answer, or refuses, for which it says the reason.
    """
    return await asyncio.to_thread(_ask, endpoint, method, path, document)


def _ask(endpoint: str, method: str, path: str, document: object) -> Any:
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(endpoint).netloc, timeout=TIMEOUT)
    try:
        connection.request(method, path, None if document is None else json.dumps(document))
        answer = connection.getresponse()
        body = answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise LocalRuntimeError(f"The local AWS does not answer: {error}") from error
    finally:
        connection.close()
    if answer.status != HTTPStatus.OK:
        raise LocalRuntimeError(f"The local AWS refuses that: {body.decode(errors='replace')}")
    return json.loads(body)

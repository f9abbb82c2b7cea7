"""Payload format 2.0: the event that API Gateway makes of a request, the answer that it makes of a response.

Described in the API Gateway developer guide, "Create AWS Lambda proxy integrations for HTTP APIs".
"""

import base64
import json
import urllib.parse
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from scripts.local import ACCOUNT
from scripts.local.runtime.functions.http_server import Scope
from scripts.local.runtime.gateway.api import Api, Route, Stage
from scripts.local.runtime.gateway.authorizer import Claims, told

# Bodies of these types are passed as text, all others in base64.
TEXT_TYPES = ("text/", "application/json", "application/javascript", "application/xml")
TEXT_SUFFIXES = ("+json", "+xml")
# They concern one connection, not the request (RFC 9110, 7.6.1).
CONNECTION = {"connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "expect"}
# Cookies have a field of their own.
DROPPED = CONNECTION | {"cookie"}
# What the server says itself of its answer.
REMADE = {"connection", "content-length", "date", "transfer-encoding"}

Event = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Call:
    """A request on its way to a function, or to a service."""

    api: Api
    stage: Stage
    route: Route
    variables: dict[str, str]
    request_id: str
    trace: str
    claims: Claims | None = None


@dataclass(frozen=True, kw_only=True)
class Response:
    """An answer to the client."""

    status: int
    body: bytes = b""
    headers: Sequence[tuple[str, str]] = field(default=())

    @classmethod
    def message(cls, status: int, text: str) -> "Response":
        """Return an answer of API Gateway itself."""
        body = json.dumps({"message": text}, separators=(",", ":")).encode()
        return cls(status=status, body=body, headers=[("content-type", "application/json")])


class MalformedResponseError(Exception):
    """A function answered what is no response."""


def make_event(call: Call, scope: Scope, body: bytes) -> Event:
    """Make the event of a request; optional fields without a value are left out."""
    headers, cookies = _headers(call, scope, body)
    query = scope["query_string"].decode("latin-1")
    text, is_base64 = _text(body, headers.get("content-type", ""))
    raw_path = scope["raw_path"].decode("latin-1")
    event: Event = {
        "version": "2.0",
        "routeKey": call.route.key,
        "rawPath": raw_path,
        "rawQueryString": query,
        "cookies": cookies,
        "headers": headers,
        "queryStringParameters": _combine(urllib.parse.parse_qsl(query, keep_blank_values=True)),
        "requestContext": _context(call, scope, headers.get("user-agent", "")),
        "body": text,
        "pathParameters": call.variables,
        "isBase64Encoded": is_base64,
        "stageVariables": dict(call.stage.variables),
    }
    optional = ("cookies", "queryStringParameters", "body", "pathParameters", "stageVariables")
    return {name: value for name, value in event.items() if value or name not in optional}


def read_response(payload: bytes, request_id: str) -> Response:
    """Make the answer of what a function returned.

    Valid JSON without a statusCode is itself the body, with status 200 and type application/json. Raises
    `MalformedResponseError` for what cannot be a response.
    """
    try:
        returned = json.loads(payload)
    except ValueError as error:
        raise MalformedResponseError("it is no JSON") from error
    headers = [("apigw-requestid", request_id)]
    if not isinstance(returned, dict) or "statusCode" not in returned:
        text = returned if isinstance(returned, str) else json.dumps(returned)
        return Response(
            status=200, body=text.encode(), headers=[*headers, ("content-type", "application/json")]
        )
    try:
        given = {name.lower(): _header(value) for name, value in (returned.get("headers") or {}).items()}
        headers += [(name, value) for name, value in given.items() if name not in REMADE]
        headers += [("set-cookie", str(cookie)) for cookie in returned.get("cookies") or []]
        body = (returned.get("body") or "").encode()
        if returned.get("isBase64Encoded"):
            body = base64.b64decode(body, validate=True)
        status = int(returned["statusCode"])
    except (TypeError, ValueError, AttributeError) as error:
        raise MalformedResponseError(str(error)) from error
    if "content-type" not in given:
        headers.append(("content-type", "text/plain;charset=UTF-8"))
    return Response(status=status, body=body, headers=headers)


def _headers(call: Call, scope: Scope, body: bytes) -> tuple[dict[str, str], list[str]]:
    """Return the request's headers with those that API Gateway adds, and its cookies."""
    pairs = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"]]
    cookies = [one.strip() for name, value in pairs if name == "cookie" for one in value.split(";")]
    client, server = scope["client"][0], scope["server"][1]
    pairs = [pair for pair in pairs if pair[0] not in DROPPED]
    pairs += [("x-forwarded-for", client), ("x-forwarded-port", str(server)), ("x-forwarded-proto", "http")]
    headers = {**_combine(pairs), "x-amzn-trace-id": call.trace, "content-length": str(len(body))}
    return headers, [cookie for cookie in cookies if cookie]


def _context(call: Call, scope: Scope, agent: str) -> Event:
    now = datetime.now(UTC)
    return {
        "accountId": ACCOUNT,
        "apiId": call.api.id,
        **(told(call.claims) if call.claims else {}),
        "domainName": call.api.domain,
        "domainPrefix": call.api.domain.partition(".")[0],
        "http": {
            "method": scope["method"],
            "path": scope["raw_path"].decode("latin-1"),
            "protocol": f"HTTP/{scope['http_version']}",
            "sourceIp": scope["client"][0],
            "userAgent": agent,
        },
        "requestId": call.request_id,
        "routeKey": call.route.key,
        "stage": call.stage.name,
        "time": now.strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "timeEpoch": int(now.timestamp() * 1000),
    }


def _combine(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Combine values of one name with commas."""
    combined: dict[str, str] = {}
    for name, value in pairs:
        combined[name] = f"{combined[name]},{value}" if name in combined else value
    return combined


def _text(body: bytes, content_type: str) -> tuple[str, bool]:
    """Return the body as text, or in base64 and True."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind.startswith(TEXT_TYPES) or kind.endswith(TEXT_SUFFIXES) or not body:
        try:
            return body.decode(), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(body).decode(), True


def _header(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)

"""Errors as problem details (RFC 9457, application/problem+json).

A domain's error derives from `ShopError` and says on its class what kind it is. Clients act on `type`;
`detail` is for people. A type is a relative reference that only identifies; `about:blank` says no more than
the status.
"""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, ClassVar, cast

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from app.platform.logs import request_id

MEDIA_TYPE = "application/problem+json"


class ShopError(Exception):
    """An error that the client is told about; `extensions` become members of the document."""

    status: ClassVar[int]
    type: ClassVar[str] = "about:blank"
    title: ClassVar[str] = ""
    headers: Mapping[str, str] = {}

    def __init__(self, detail: str, **extensions: object) -> None:
        super().__init__(detail)
        self.detail = detail
        self.extensions = extensions

    def response(self) -> Response:
        """Return the problem as a response."""
        return problem_response(
            self.status,
            self.detail,
            type=self.type,
            title=self.title,
            headers=self.headers,
            **self.extensions,
        )


class NotFoundError(ShopError):
    """What was asked for does not exist."""

    status = 404


class UnavailableError(ShopError):
    """A part that the request needs is down or busy; the same request may succeed a little later."""

    status = 503
    headers: Mapping[str, str] = {"retry-after": "1"}


class InvalidRequestError(ShopError):
    """The request can be read and cannot be followed."""

    status = 422
    type = "/problems/invalid-request"
    title = "The request is invalid"

    def __init__(self, errors: Sequence[Mapping[str, str]]) -> None:
        super().__init__("; ".join(error["detail"] for error in errors), errors=errors)


class FieldError(BaseModel):
    """What is wrong in a body (`pointer`, RFC 6901) or in a parameter of the URL (`parameter`)."""

    pointer: str | None = Field(None, examples=["#/lines/0/quantity"])
    parameter: str | None = Field(None, examples=["limit"])
    detail: str


class ProblemDetails(BaseModel):
    """Problem details as of RFC 9457."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(examples=["about:blank"])
    title: str = Field(examples=["Not Found"])
    status: int = Field(examples=[404])
    detail: str
    request_id: str
    errors: list[FieldError] | None = None


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the `responses` of a route that may answer with problems of these statuses."""
    schema = {"$ref": "#/components/schemas/ProblemDetails"}
    return {
        status: {"description": HTTPStatus(status).phrase, "content": {MEDIA_TYPE: {"schema": schema}}}
        for status in statuses
    }


def problem_response(
    status: int,
    detail: str = "",
    *,
    type: str = "about:blank",  # noqa: A002 - the member's name in RFC 9457
    title: str = "",
    headers: Mapping[str, str] | None = None,
    **extensions: object,
) -> Response:
    """Return a problem document; an `about:blank` problem bears the status' own phrase as its title."""
    document = {
        "type": type,
        "title": title or HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "request_id": request_id.get(),
        **extensions,
    }
    all_headers = {"cache-control": "no-store", **(headers or {})}
    return Response(json.dumps(document), status, all_headers, MEDIA_TYPE)


def install(application: FastAPI) -> None:
    """Make every error of the application a problem document."""
    application.add_exception_handler(ShopError, _on_problem)
    application.add_exception_handler(HTTPException, _on_http_exception)
    application.add_exception_handler(RequestValidationError, _on_invalid_request)


def described(openapi: dict[str, Any]) -> dict[str, Any]:
    """Return an OpenAPI description with the schema of problem documents, which `documented` refers to.

    What any request with a body may be told, and any change, each operation says without its route.
    """
    models = ProblemDetails.model_json_schema(ref_template="#/components/schemas/{model}")
    openapi["components"]["schemas"] |= models.pop("$defs") | {"ProblemDetails": models}
    for path in openapi["paths"].values():
        for method, operation in path.items():
            unsaid = [429] if method not in {"get", "head"} else []
            if "requestBody" in operation:
                unsaid += [400, 413]  # it cannot be read, or is too large
            for status, response in documented(*unsaid).items():
                operation["responses"].setdefault(str(status), response)
    return openapi


async def _on_problem(_request: Request, error: Exception) -> Response:
    return cast("ShopError", error).response()


async def _on_http_exception(_request: Request, error: Exception) -> Response:
    error = cast("HTTPException", error)
    detail = "" if error.detail == HTTPStatus(error.status_code).phrase else error.detail
    return problem_response(error.status_code, detail, headers=error.headers)


async def _on_invalid_request(_request: Request, error: Exception) -> Response:
    """Say where each error is; what was sent is never echoed."""
    found = cast("RequestValidationError", error).errors()
    return InvalidRequestError([_field_error(one) for one in found]).response()


def _field_error(error: Mapping[str, Any]) -> dict[str, str]:
    message = error["msg"].removeprefix("Value error, ")  # Pydantic's word before what a validator says
    source, *path = error["loc"]
    if error["type"] == "json_invalid":  # the path is where the reader stopped, not a field
        return {"pointer": "#", "detail": f"{message} at character {path[0]}"}
    if source != "body":
        return {"parameter": str(path[0]) if path else str(source), "detail": message}
    escaped = (str(part).replace("~", "~0").replace("/", "~1") for part in path)
    return {"pointer": "#" + "".join(f"/{part}" for part in escaped), "detail": message}

"""Errors as problem documents."""

from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI

from app.main import LARGEST_BODY, create_app
from tests.app.shop import Headers, client_of

JSON = {"content-type": "application/json"}


@pytest.fixture
def unstarted() -> FastAPI:
    """The application without anything that it needs to run."""
    return create_app()


async def test_an_unknown_path_is_a_problem(unstarted: FastAPI) -> None:
    async with client_of(unstarted) as shop:
        answer = await shop.get("/nowhere", headers={"x-request-id": "abc-1"})

    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.json() == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "",
        "request_id": "abc-1",
    }


async def test_a_method_that_a_path_does_not_have_is_a_problem_that_names_those_it_has(
    unstarted: FastAPI,
) -> None:
    async with client_of(unstarted) as shop:
        answer = await shop.delete("/products")

    assert (answer.status_code, answer.json()["status"]) == (405, 405)
    assert answer.headers["allow"] == "GET"


@pytest.mark.parametrize(
    ("content", "headers", "status", "pointers"),
    [
        (b'{"lines": [', JSON, 422, ["#"]),
        (b"", JSON, 422, ["#"]),
        (b"[]", JSON, 422, ["#"]),
        (b'"\xff"', JSON, 400, None),
        (b"[" * 50_000, JSON, 400, None),
        (b"{}", {"content-type": "text/plain"}, 422, ["#"]),
    ],
)
async def test_a_body_that_cannot_be_read_is_a_problem(
    application: FastAPI,
    ada: Headers,
    *,
    content: bytes,
    headers: dict[str, str],
    status: int,
    pointers: list[str] | None,
) -> None:
    async with client_of(application) as shop:
        answer = await shop.post("/orders", content=content, headers=ada | headers)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert [error["pointer"] for error in answer.json().get("errors", [])] == (pointers or [])


@pytest.mark.parametrize("is_streamed", [False, True])
async def test_a_body_that_is_too_large_is_not_read_to_its_end(
    unstarted: FastAPI, *, is_streamed: bool
) -> None:
    chunks_read = 0

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal chunks_read
        for _ in range(100):
            chunks_read += 1
            yield b" " * 8_192

    content = chunks() if is_streamed else b" " * (LARGEST_BODY + 1)
    async with client_of(unstarted) as shop:
        answer = await shop.post("/orders", content=content, headers=JSON)

    assert answer.status_code == 413
    assert answer.json()["detail"] == "The body may have 65536 bytes."
    assert chunks_read < 12


async def test_an_unexpected_error_is_told_to_the_log_and_not_to_the_client(
    unstarted: FastAPI, caplog: pytest.LogCaptureFixture
) -> None:
    @unstarted.get("/broken")
    async def broken() -> None:
        raise RuntimeError("the secret reason")

    async with client_of(unstarted) as shop:
        answer = await shop.get("/broken", headers={"x-request-id": "abc-2"})

    assert answer.status_code == 500
    assert answer.json()["title"] == "Internal Server Error"
    assert answer.json()["request_id"] == answer.headers["x-request-id"] == "abc-2"
    assert "secret reason" not in answer.text
    assert "secret reason" in caplog.text


async def test_the_descriptions_of_errors_refer_to_the_schema_of_problems(unstarted: FastAPI) -> None:
    openapi = unstarted.openapi()
    responses = openapi["paths"]["/orders"]["post"]["responses"]

    assert set(responses) >= {"201", "401", "409", "422", "503"} | {"400", "413", "429"}
    assert responses["409"]["content"] == {
        "application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}
    }
    assert {"ProblemDetails", "FieldError"} <= set(openapi["components"]["schemas"])
    assert "HTTPValidationError" not in openapi["components"]["schemas"]

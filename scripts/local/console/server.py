"""The console's web server."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

from fastapi import FastAPI, HTTPException, Query, Request, Response
from fastapi.responses import FileResponse, JSONResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from fastapi.staticfiles import StaticFiles

from scripts.local.console import commands, snapshot
from scripts.local.console.logs import tail
from scripts.local.console.watch import Watch

STATIC = Path(__file__).parent / "static"
LINES = 200  # of a log that the page shows
# The page needs nothing from elsewhere; and nobody may show it inside of another page.
POLICY = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"


def create_app(watch: Watch) -> FastAPI:
    """Return the application, which watches while it runs."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with watch.running():
            yield

    app = FastAPI(
        title="Blueprint console", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None
    )
    app.middleware("http")(_guard)

    @app.get("/")
    async def page() -> FileResponse:
        return FileResponse(STATIC / "index.html")

    @app.get("/api/state")
    async def state() -> dict[str, Any]:
        return watch.latest

    @app.get("/api/stream", response_class=EventSourceResponse)
    async def stream() -> AsyncIterator[ServerSentEvent]:
        async for news in watch.follow():
            if news:
                yield ServerSentEvent(data=news, event="state", retry=1_000)

    @app.get("/api/node")
    async def node(identifier: Annotated[str, Query(alias="id")]) -> Response:
        found = watch.node(identifier)
        if found is None:
            raise HTTPException(404, f"There is no {identifier} (any more).")
        own = snapshot.processes_of(found, watch.status["processes"])
        told = {
            "id": found.id,
            "place": found.place,
            "processes": own,
            "described": found.described,
            "history": watch.history.of(found.id),
            "commands": commands.of(found, own),
            "log": [tail(Path(one["log"]), LINES) for one in own if one["log"]],
        }
        return JSONResponse(json.loads(json.dumps(told, default=str)))

    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    return app


async def _guard(request: Request, go_on: Callable[[Request], Awaitable[Response]]) -> Response:
    """Answer only who asks for this machine: a page elsewhere, whose name was made to lead here, does not."""
    if (request.url.hostname or "") not in ("127.0.0.1", "localhost"):
        return JSONResponse({"detail": "This console is for this machine alone."}, 403)
    response = await go_on(request)
    response.headers["content-security-policy"] = POLICY
    response.headers["cache-control"] = "no-store"
    response.headers["x-content-type-options"] = "nosniff"
    return response

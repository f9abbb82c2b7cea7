"""The console's web server."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Query, Request, Response
from fastapi.responses import FileResponse, JSONResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel, Field

from scripts.local.console import commands, faults, snapshot
from scripts.local.console.logs import tail
from scripts.local.console.watch import Watch
from scripts.local.faults.book import LONGEST, Book, FaultError, Kind
from scripts.local.load import MOST

STATIC = Path(__file__).parent / "static"
LINES = 200  # of a log that the page shows
HOSTS = ("127.0.0.1", "localhost")
# The page needs nothing from elsewhere; and nobody may show it inside of another page.
POLICY = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"


class Wanted(BaseModel):
    """A fault that somebody asks for."""

    kind: Kind
    target: str = Field(min_length=1, max_length=200)
    seconds: float = Field(ge=0, le=LONGEST)


class Visitors(BaseModel):
    """How many visitors somebody asks for."""

    visitors: int = Field(ge=0, le=MOST)


def _watch(request: Request) -> Watch:
    found: Watch = request.app.state.watch
    return found


def _book(request: Request) -> Book:
    found: Book = request.app.state.book
    return found


Watching = Annotated[Watch, Depends(_watch)]
Faults = Annotated[Book, Depends(_book)]
router = APIRouter()


@router.get("/")
async def page() -> FileResponse:
    """Return the page."""
    return FileResponse(STATIC / "index.html")


@router.get("/api/state")
async def state(watch: Watching) -> dict[str, Any]:
    """Return what is known now."""
    return watch.latest


@router.get("/api/stream", response_class=EventSourceResponse)
async def stream(watch: Watching) -> AsyncIterator[ServerSentEvent]:
    """Tell what is known, and then all news."""
    async for news in watch.follow():
        if news:
            yield ServerSentEvent(raw_data=json.dumps(news), event="state", retry=1_000)


@router.get("/api/node")
async def node(watch: Watching, identifier: Annotated[str, Query(alias="id")]) -> Response:
    """Return all that is known of a node."""
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
        "faults": faults.of(found, own),
        "log": [tail(Path(one["log"]), LINES) for one in own if one["log"]],
    }
    return JSONResponse(json.loads(json.dumps(told, default=str)))


@router.get("/api/history")
async def history(watch: Watching, identifier: Annotated[str, Query(alias="id")]) -> dict[str, Any]:
    """Return the figures of a node or a group over time."""
    return watch.history.of(identifier)


@router.put("/api/load")
async def load(watch: Watching, wanted: Visitors) -> Response:
    """Have so many visitors in the shop."""
    site = watch.status["addresses"].get("site")
    if site is None:
        raise HTTPException(409, "There is no shop to visit: no CDN is deployed.")
    await watch.load.set(wanted.visitors, site)
    return Response(status_code=204)


@router.post("/api/faults", status_code=201)
def begin(book: Faults, wanted: Wanted) -> Response:
    """Begin a fault."""
    try:
        book.await_begin(book.ask(wanted.kind, wanted.target, wanted.seconds))
    except FaultError as error:
        raise HTTPException(409, str(error)) from None
    return Response(status_code=201)


@router.get("/api/trace")
async def follow_order(watch: Watching, order: UUID | None = None) -> dict[str, Any]:
    """Return every step of an order that is known, the oldest first; without an id those of the newest."""
    found = await watch.follow_order(str(order) if order else None)
    if found is None:
        raise HTTPException(404, "No order was placed yet. Place one in the shop, or let visitors in.")
    identifier, steps = found
    if not steps:
        raise HTTPException(404, f"Nothing is known of an order {identifier}: is the id whole?")
    return {"order": identifier, "steps": [asdict(step) for step in steps]}


@router.delete("/api/faults")
def heal(book: Faults) -> dict[str, int]:
    """End all faults, and return how many there were."""
    return {"ended": book.heal()}


def create_app(watch: Watch, book: Book) -> FastAPI:
    """Return the application, which watches while it runs."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with watch.running():
            yield

    app = FastAPI(
        title="Blueprint console", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None
    )
    app.state.watch, app.state.book = watch, book
    app.middleware("http")(_guard)
    app.include_router(router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    return app


async def _guard(request: Request, go_on: Callable[[Request], Awaitable[Response]]) -> Response:
    """Answer only this page, and tools of this machine.

    A page elsewhere may come by a name of its own that it makes lead here, or send something blindly.
    """
    if (request.url.hostname or "") not in HOSTS or not _is_own(request):
        return JSONResponse({"detail": "This console is for this machine alone."}, 403)
    response = await go_on(request)
    response.headers["content-security-policy"] = POLICY
    response.headers["cache-control"] = "no-store"
    response.headers["x-content-type-options"] = "nosniff"
    return response


def _is_own(request: Request) -> bool:
    """Tell whether this page asks, or none: browsers say which; what only reads, anybody may ask blindly."""
    return request.method == "GET" or request.headers.get("sec-fetch-site", "none") in {"none", "same-origin"}

"""Whether the process lives, and whether what it needs does.

`/live` is what load balancers and supervisors ask: it touches nothing, or one outage of the database would
make them replace the whole fleet. `/ready` tells people and deployments what works. A part that is down
degrades the features that need it: only when no database answers is nothing left, and the answer 503. It is
503 as well once the process was told to end.
"""

import asyncio
from typing import Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

router = APIRouter(tags=["health"])


Status = Literal["ready", "degraded", "ending", "unavailable"]


class Liveness(BaseModel):
    """The process answers."""

    status: Literal["alive"] = "alive"


class Readiness(BaseModel):
    """ "ready": everything answers; "degraded": something is down, and the shop goes on without it.

    "ending": the process was told to end; it finishes what it has, and others take what comes.
    """

    status: Status
    checks: dict[str, bool]


@router.get("/live")
async def live(response: Response) -> Liveness:
    """Answer, and touch nothing."""
    response.headers["cache-control"] = "no-store"
    return Liveness()


@router.get(
    "/ready",
    responses={503: {"model": Readiness, "description": "No database answers, or the process is ending"}},
)
async def ready(request: Request, response: Response) -> Readiness:
    """Ask every database server and the cache whether they answer."""
    state = request.app.state
    databases, cache_answers = await asyncio.gather(state.database.states(), state.cache.answers())
    checks = {**databases, "cache": cache_answers}
    response.headers["cache-control"] = "no-store"
    if state.drain.is_ending:
        status: Status = "ending"
    elif not any(databases.values()):
        status = "unavailable"
    else:
        status = "ready" if all(checks.values()) else "degraded"
    if status in ("ending", "unavailable"):
        response.status_code = 503
    return Readiness(status=status, checks=checks)

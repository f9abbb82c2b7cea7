"""/couriers: positions over HTTP, never cached."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response, WebSocket

from app.couriers.schemas import (
    Accepted,
    Nearby,
    NearestCouriers,
    NewPosition,
    NewPositions,
    Position,
)
from app.couriers.service import Couriers, may_report
from app.platform.identity import ForbiddenError, SignedIn
from app.platform.problems import documented

CourierId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


async def themselves(courier_id: CourierId, who: SignedIn) -> None:
    """Let couriers at their own positions, by the subject of their account, and administrators at all.

    Raises:
        ForbiddenError: it is somebody else.
    """
    if not may_report(who, courier_id):
        raise ForbiddenError("Positions are for the courier whose they are.")


async def staff(who: SignedIn) -> None:
    """Let only staff go on."""
    who.require("admin", "support")


router = APIRouter(prefix="/couriers", tags=["couriers"])


def couriers(connection: Request | WebSocket) -> Couriers:
    """Return the application's couriers."""
    found: Couriers = connection.app.state.couriers
    return found


@router.get("/nearest", responses=documented(401, 403, 422, 503), dependencies=[Depends(staff)])
async def list_nearest(
    request: Request, wanted: Annotated[Nearby, Query()], response: Response
) -> NearestCouriers:
    """List the couriers who are nearest to a place. For staff."""
    response.headers["cache-control"] = "no-store"
    return await couriers(request).nearest(wanted)


@router.post(
    "/{courier_id}/positions",
    status_code=202,
    responses=documented(401, 403, 422, 503),
    dependencies=[Depends(themselves)],
)
async def report_position(
    request: Request, courier_id: CourierId, new: NewPosition, response: Response
) -> Position:
    """Report a position. It is accepted once the stream holds it, and can be read a moment later."""
    response.headers["cache-control"] = "no-store"
    [position] = await couriers(request).report(courier_id, [new])
    return position


@router.post(
    "/{courier_id}/positions/batch",
    status_code=202,
    responses=documented(401, 403, 422, 503),
    dependencies=[Depends(themselves)],
)
async def report_positions(
    request: Request, courier_id: CourierId, new: NewPositions, response: Response
) -> Accepted:
    """Report positions, such as those of a while without a network."""
    response.headers["cache-control"] = "no-store"
    return Accepted(count=len(await couriers(request).report(courier_id, new.positions)))


@router.get(
    "/{courier_id}/position",
    responses=documented(401, 403, 404, 422, 503),
    dependencies=[Depends(themselves)],
)
async def read_position(request: Request, courier_id: CourierId, response: Response) -> Position:
    """Show the newest known position of a courier."""
    response.headers["cache-control"] = "no-store"
    return await couriers(request).latest(courier_id)


@router.websocket("/{courier_id}/positions/live")
async def report_live(websocket: WebSocket, courier_id: str) -> None:
    """Report positions over a socket. What is said, and how it ends: docs/reference/live.md."""
    await couriers(websocket).attend(websocket, courier_id)

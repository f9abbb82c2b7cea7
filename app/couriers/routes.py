"""/couriers: positions over HTTP, never cached."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from app.couriers.schemas import NewPosition, Position
from app.couriers.service import Couriers
from app.platform.problems import documented

router = APIRouter(prefix="/couriers", tags=["couriers"])

CourierId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


def couriers(request: Request) -> Couriers:
    """Return the application's couriers."""
    found: Couriers = request.app.state.couriers
    return found


@router.post("/{courier_id}/positions", status_code=202, responses=documented(422, 503))
async def report_position(
    request: Request, courier_id: CourierId, new: NewPosition, response: Response
) -> Position:
    """Report a position. It is accepted once the stream holds it, and can be read a moment later."""
    response.headers["cache-control"] = "no-store"
    return await couriers(request).report(courier_id, new)


@router.get("/{courier_id}/position", responses=documented(404, 422, 503))
async def read_position(request: Request, courier_id: CourierId, response: Response) -> Position:
    """Show the newest known position of a courier."""
    response.headers["cache-control"] = "no-store"
    return await couriers(request).latest(courier_id)

"""/couriers: positions over HTTP, never cached."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response

from app.couriers.schemas import NewPosition, Position
from app.couriers.service import Couriers
from app.platform.identity import ForbiddenError, SignedIn
from app.platform.problems import documented

CourierId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


async def themselves(courier_id: CourierId, who: SignedIn) -> None:
    """Let couriers at their own positions, by the subject of their account, and administrators at all.

    Raises:
        ForbiddenError: it is somebody else.
    """
    is_own = "courier" in who.roles and courier_id == str(who.subject)
    if not is_own and "admin" not in who.roles:
        raise ForbiddenError("Positions are for the courier whose they are.")


router = APIRouter(prefix="/couriers", tags=["couriers"], dependencies=[Depends(themselves)])


def couriers(request: Request) -> Couriers:
    """Return the application's couriers."""
    found: Couriers = request.app.state.couriers
    return found


@router.post("/{courier_id}/positions", status_code=202, responses=documented(401, 403, 422, 503))
async def report_position(
    request: Request, courier_id: CourierId, new: NewPosition, response: Response
) -> Position:
    """Report a position. It is accepted once the stream holds it, and can be read a moment later."""
    response.headers["cache-control"] = "no-store"
    return await couriers(request).report(courier_id, new)


@router.get("/{courier_id}/position", responses=documented(401, 403, 404, 422, 503))
async def read_position(request: Request, courier_id: CourierId, response: Response) -> Position:
    """Show the newest known position of a courier."""
    response.headers["cache-control"] = "no-store"
    return await couriers(request).latest(courier_id)

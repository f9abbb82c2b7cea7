"""/chat: rooms over WebSockets, and over HTTP what was said in them, never cached."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response, WebSocket

from app.chat.schemas import ROOM, STAFF, Earlier, MessagePage, RoomList
from app.chat.service import Chat
from app.platform.identity import SignedIn
from app.platform.problems import documented

router = APIRouter(prefix="/chat", tags=["chat"])

RoomName = Annotated[str, Path(pattern=ROOM, examples=["support-00000000-0000-0000-0000-000000000001"])]


def chat(connection: Request | WebSocket) -> Chat:
    """Return the application's chat."""
    found: Chat = connection.app.state.chat
    return found


async def staff(who: SignedIn) -> None:
    """Let only staff go on."""
    who.require(*STAFF)


@router.get("/rooms", responses=documented(401, 403, 503), dependencies=[Depends(staff)])
async def list_rooms(request: Request, response: Response) -> RoomList:
    """List the rooms in which somebody said something, the newest first. For staff."""
    response.headers["cache-control"] = "no-store"
    return await chat(request).rooms()


@router.get("/rooms/{room}/messages", responses=documented(401, 403, 422, 503))
async def list_messages(
    request: Request, who: SignedIn, room: RoomName, wanted: Annotated[Earlier, Query()], response: Response
) -> MessagePage:
    """List what was said in a room: in the own one, or as staff in any."""
    response.headers["cache-control"] = "no-store"
    return await chat(request).earlier(who, room, wanted)


@router.websocket("/rooms/{room}")
async def talk(websocket: WebSocket, room: str) -> None:
    """Take part in a room. What is said, and how it ends: docs/reference/live.md."""
    await chat(websocket).visit(websocket, room)

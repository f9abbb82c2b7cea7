"""/admin/media: uploading pictures and films, for administrators; never cached.

Not at /media: the CDN serves the site's own files from there.
"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from app.media.schemas import AnnouncedMedia, Media, NewMedia, Parts
from app.media.service import MediaLibrary
from app.platform.identity import SignedIn
from app.platform.problems import documented

router = APIRouter(prefix="/admin/media", tags=["media"])


async def library(request: Request, response: Response, who: SignedIn) -> MediaLibrary:
    """Return the application's media, for an administrator's answer that nobody keeps."""
    who.require("admin")
    response.headers["cache-control"] = "no-store"
    found: MediaLibrary = request.app.state.media
    return found


Library = Annotated[MediaLibrary, Depends(library)]


@router.post("", status_code=201, responses=documented(401, 403, 422, 503))
async def announce_media(new: NewMedia, media: Library, who: SignedIn, response: Response) -> AnnouncedMedia:
    """Announce an upload, and get the form, or the parts' addresses, to make it with.

    S3 takes exactly what was announced.
    """
    announced = await media.announce(new, who.subject)
    response.headers["location"] = f"/admin/media/{announced.id}"
    return announced


@router.post("/{media_id}/complete", responses=documented(401, 403, 404, 409, 422, 503))
async def complete_media(media_id: UUID, media: Library) -> Media:
    """Say that an upload is done: it is looked at, and worked on then. Saying it again changes nothing."""
    return await media.complete(media_id)


@router.get("/{media_id}/parts", responses=documented(401, 403, 404, 409, 422, 503))
async def read_parts(media_id: UUID, media: Library) -> Parts:
    """Show which parts of a film are stored, and where the next ones are sent: to go on with its upload."""
    return await media.parts(media_id)


@router.delete("/{media_id}", status_code=204, responses=documented(401, 403, 404, 409, 422, 503))
async def abandon_media(media_id: UUID, media: Library) -> None:
    """Give up an upload that is not complete, with the parts that are stored."""
    await media.abandon(media_id)


@router.get("/{media_id}", responses=documented(401, 403, 404, 422, 503))
async def read_media(media_id: UUID, media: Library) -> Media:
    """Show a picture or film with its renditions and subtitles, as far as they are made."""
    return await media.find(media_id)

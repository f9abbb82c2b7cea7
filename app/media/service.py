"""Announcing uploads, completing them, and saying what became of them.

A file never passes through the shop: it says what may be uploaded, S3 holds the client to it, and the shop
looks afterwards at what S3 has. Only then it is known to others, by an event of the same transaction.
"""

import asyncio
from collections.abc import Sequence
from functools import partial
from uuid import UUID

from asyncpg import Record

from app.events.media import MediaUploaded
from app.media import store
from app.media.bucket import Bucket, Stored
from app.media.multipart import UploadGoneError
from app.media.schemas import AnnouncedMedia, Media, NewMedia, Parts, Work
from app.media.signing import MediaSigner, required
from app.platform import outbox
from app.platform.database import Database
from app.platform.identifiers import uuid7
from app.platform.problems import NotFoundError, ShopError, UnavailableError

SAID = ("id", "kind", "content_type", "size", "is_private", "state", "created_at")
"""Columns that are shown as they are."""


class NotUploadedError(ShopError):
    """There is no object yet, or it is another than was announced."""

    status = 409
    type = "/problems/not-uploaded"
    title = "The file is not there"


class NotAwaitedError(ShopError):
    """It is uploaded already, or not in the way that this is about."""

    status = 409
    type = "/problems/not-awaited"
    title = "The file is not awaited"


class MediaLibrary:
    """The pictures and films of the shop."""

    def __init__(self, database: Database, bucket: Bucket | None, signer: MediaSigner | None) -> None:
        """Without a bucket, nothing can be uploaded; without a signer, nothing private."""
        self._database = database
        self._signer = signer
        self._found = bucket

    @property
    def _bucket(self) -> Bucket:
        if self._found is None:
            raise UnavailableError("this shop has no bucket for uploads")
        return self._found

    async def announce(self, new: NewMedia, who: UUID) -> AnnouncedMedia:
        """Remember what is going to be uploaded, and allow it.

        Raises:
            UnavailableError: the primary, or this role's credentials, cannot be reached.
        """
        if new.is_private:
            required(self._signer)
        await self._tidy()
        if new.part_sha256 is not None:
            return await self._announce_parts(new, who)
        media_id = uuid7()
        upload = await self._bucket.allow(media_id, new)
        row = await self._added(media_id, new, who)
        media = await self._described(row)
        return AnnouncedMedia(upload=upload, parts=None, **media.model_dump())

    async def _announce_parts(self, new: NewMedia, who: UUID) -> AnnouncedMedia:
        """Go on with what they began of this file, or begin."""
        row = await self._database.read(partial(store.unfinished, new=new, who=who), "strong")
        if row is None:
            media_id = uuid7()
            upload_id = await self._bucket.multipart.begin(
                self._bucket.key(media_id, is_private=new.is_private), new.content_type
            )
            row = await self._added(media_id, new, who, upload_id)
        media, parts = await self._described(row), await self._parts(row)
        return AnnouncedMedia(upload=None, parts=parts, **media.model_dump())

    async def parts(self, media_id: UUID) -> Parts:
        """Return which parts are stored, and where the next ones are sent.

        Raises:
            NotFoundError: nothing was announced under this id.
            NotAwaitedError: it is not uploaded in parts, or no more.
            UnavailableError: the primary or S3 cannot be reached.
        """
        row = await self._row(media_id)
        if row["state"] != "awaited" or row["upload_id"] is None:
            raise NotAwaitedError("It is uploaded already, or by the form that its announcement answered.")
        return await self._parts(row)

    async def abandon(self, media_id: UUID) -> None:
        """Forget an upload that is not complete, with what S3 has of it.

        Raises:
            NotFoundError: nothing was announced under this id.
            NotAwaitedError: it is complete.
            UnavailableError: the primary or S3 cannot be reached.
        """
        if not await self._forget(await self._row(media_id)):
            raise NotAwaitedError("It is uploaded already, and its renditions are made.")

    async def complete(self, media_id: UUID) -> Media:
        """Look at what was uploaded, and tell others of it; once, however often this is asked for.

        Raises:
            NotFoundError: nothing was announced under this id.
            NotUploadedError: nothing was uploaded, or something else than was announced.
            UnavailableError: the primary or S3 cannot be reached.
        """
        row = await self._row(media_id)
        if row["state"] == "awaited":
            _check(row, await self._whole(row))
            async with self._database.transaction() as session:
                marked = await store.mark_uploaded(session, media_id)
                if marked is not None:
                    await outbox.append(session, self._uploaded(marked).event())
            row = marked or await self._row(media_id)
        return await self._described(row)

    async def find(self, media_id: UUID) -> Media:
        """Return it with what became of it.

        Raises:
            NotFoundError: nothing was announced under this id.
            UnavailableError: the primary or S3 cannot be reached.
        """
        return await self._described(await self._row(media_id))

    async def _added(self, media_id: UUID, new: NewMedia, who: UUID, upload_id: str | None = None) -> Record:
        async with self._database.transaction() as session:
            return _existing(await store.add(session, media_id, new, who, upload_id), media_id)

    async def _parts(self, row: Record) -> Parts:
        try:
            return await self._bucket.multipart.parts(self._key(row), row)
        except UploadGoneError:
            raise NotAwaitedError("Its parts are one file already: complete it.") from None

    async def _whole(self, row: Record) -> Stored | None:
        """Return what was uploaded, made of its parts where it comes in parts."""
        stored = await self._bucket.stored(self._key(row))
        if stored is not None or row["upload_id"] is None:
            return stored
        try:
            lacking = await self._bucket.multipart.join(self._key(row), row)
        except UploadGoneError:  # somebody else has joined them just now
            lacking = []
        if lacking:
            raise NotUploadedError(f"Parts are not there yet: {', '.join(map(str, lacking))}.")
        return await self._bucket.stored(self._key(row))

    async def _forget(self, row: Record) -> bool:
        """End an upload and forget it; tell whether it was awaited."""
        if row["upload_id"] is not None:
            await self._bucket.multipart.end(self._key(row), row["upload_id"])
        async with self._database.transaction() as session:
            return await store.remove_awaited(session, row["id"]) is not None

    async def _tidy(self) -> None:
        """End some uploads that nobody went on with; others wait for the next announcement, or S3's rule."""
        for row in await self._database.read(store.abandoned, "strong"):
            await self._forget(row)

    async def _row(self, media_id: UUID) -> Record:
        return _existing(
            await self._database.read(partial(store.find, media_id=media_id), "strong"), media_id
        )

    def _uploaded(self, row: Record) -> MediaUploaded:
        return MediaUploaded(
            media_id=row["id"],
            kind=row["kind"],
            bucket=self._bucket.name,
            key=self._key(row),
            content_type=row["content_type"],
            size=row["size"],
        )

    async def _described(self, row: Record) -> Media:
        waiting = Work(state="waiting")
        parts = ["renditions", "captions"] if row["kind"] == "video" else ["renditions"]
        work = [waiting for _ in parts]
        if row["state"] == "uploaded":
            work = await asyncio.gather(*(self._bucket.work(row["id"], part) for part in parts))
        media = Media(
            **{name: row[name] for name in SAID},
            renditions=work[0],
            captions=work[1] if len(work) > 1 else None,
        )
        if media.is_private and any(each.files for each in work):
            await self._open(media, work)
        return media

    async def _open(self, media: Media, work: Sequence[Work]) -> None:
        """Have the addresses of private files lead there for a while."""
        signed = await required(self._signer).sign(f"media/private/{media.id}/")
        media.expires_at = signed.expires_at
        for file in (file for each in work for file in each.files):
            file.url = f"{file.url}?{signed.query}"

    def _key(self, row: Record) -> str:
        return self._bucket.key(row["id"], is_private=row["is_private"])


def _existing(row: Record | None, media_id: UUID) -> Record:
    if row is None:
        raise NotFoundError(f"There is no picture or film {media_id}.")
    return row


def _check(row: Record, stored: Stored | None) -> None:
    """Refuse what is not as it was announced. S3 refused it already; nothing is told of on its word alone."""
    if stored is None:
        raise NotUploadedError("Nothing was uploaded yet: upload the file, and complete it then.")
    announced = Stored(row["content_type"], row["size"], row["sha256"])
    if stored != announced:
        wrong = [
            f"its {name} is {found!r} and not {wanted!r}"
            for name, found, wanted in zip(Stored._fields, stored, announced, strict=True)
            if found != wanted
        ]
        raise NotUploadedError(f"What was uploaded is not what was announced: {'; '.join(wrong)}.")

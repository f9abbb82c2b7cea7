"""`media_renditions`: makes what is shown out of what was uploaded.

Fed by the Kinesis stream of media, or by a Kafka topic of the same events. A picture becomes three sizes as
WebP, upright and without what its camera wrote into it; a film becomes 480 lines of H.264 and AAC that start
to play before they are loaded, and a picture that stands for it until then. All lie under `media/published/`
in the bucket, what is private under `media/private/`, with a note of what came of it.

- **Repeats** write the same objects again; who finds the note has nothing to do.
- **What cannot be used** is given up with a note that says why, and does not hold up the stream.
- **Time**: a film that does not fit into what is left of the invocation is left to the next; one that does
  not fit into a whole one is given up.
- What fails otherwise (S3 is away) comes again, until the mapping gives it up.

Environment: `LOG_LEVEL`. The bucket is the event's.
"""

import tempfile
import time
from pathlib import Path
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config

from lambdas.events import MalformedEventError
from lambdas.media import Bucket, Published, Upload
from lambdas.media_renditions.errors import OutOfTimeError, UnusableError
from lambdas.media_renditions.images import renditions
from lambdas.media_renditions.videos import NAME, POSTER, poster, transcode
from lambdas.streams import Answer, Batch

PART = "renditions"
SPARE = 10.0  # seconds of an invocation that are kept for storing what came out

logger = Logger(service="media_renditions")
clients = Config(connect_timeout=2, read_timeout=30, retries={"mode": "standard", "total_max_attempts": 3})
s3 = boto3.client("s3", config=clients)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> Answer:
    """Work on a batch of uploads; return what is to come again."""
    batch = Batch(event)
    is_first = True
    for record in batch:
        try:
            work_on(Upload.parse(record.data), seconds_left(context), is_first=is_first)
        except OutOfTimeError:
            logger.info("left to the next invocation", lane=record.lane, place=str(record.place))
            batch.stop(record)
        except Exception as error:
            told = "malformed event" if isinstance(error, MalformedEventError) else "media not worked on"
            logger.exception(told, lane=record.lane, place=str(record.place))
            batch.fail(record)
        is_first = False
    return batch.answer()


def seconds_left(context: LambdaContext) -> float:
    """Return the seconds that work may take."""
    return context.get_remaining_time_in_millis() / 1000 - SPARE


def work_on(upload: Upload, seconds: float, *, is_first: bool) -> None:
    """Make the renditions, unless it was done before.

    Raises:
        OutOfTimeError: they take longer than so many seconds, and another invocation may have more.
    """
    bucket = Bucket(s3, upload.bucket)
    if bucket.is_noted(upload.media_id, PART):
        logger.info("done before", media_id=str(upload.media_id))
        return
    try:
        files = published(bucket, upload, seconds)
    except UnusableError as error:
        give_up(bucket, upload, str(error))
    except OutOfTimeError as error:
        if not is_first:
            raise
        give_up(bucket, upload, str(error))  # a whole invocation was not enough: nor will the next be
    else:
        bucket.note_files(upload.media_id, PART, files)
        logger.info("published", media_id=str(upload.media_id), files=len(files))


def published(bucket: Bucket, upload: Upload, seconds: float) -> list[Published]:
    """Make the renditions and store them."""
    if upload.kind == "image":
        return [
            bucket.publish(
                upload.media_id,
                upload.key,
                made.name,
                made.body,
                "image/webp",
                width=made.width,
                height=made.height,
            )
            for made in renditions(bucket.read(upload.key))
        ]
    with tempfile.TemporaryDirectory() as folder:
        source, target, picture = Path(folder, "source"), Path(folder, "target"), Path(folder, "picture")
        until = time.monotonic() + seconds
        bucket.download(upload.key, str(source))
        width, height = transcode(source, target, seconds)
        poster(target, picture, until - time.monotonic())
        return [
            bucket.publish(
                upload.media_id, upload.key, name, path.read_bytes(), kind, width=width, height=height
            )
            for name, path, kind in ((NAME, target, "video/mp4"), (POSTER, picture, "image/webp"))
        ]


def give_up(bucket: Bucket, upload: Upload, reason: str) -> None:
    """Say that nothing will come of it."""
    bucket.note_failure(upload.media_id, PART, reason)
    logger.warning("given up", media_id=str(upload.media_id), reason=reason)

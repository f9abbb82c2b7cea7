"""`media_captions`: has subtitles written for films.

Fed by the Kinesis stream of media, or by a Kafka topic of the same events, and called every minute by a
schedule. An event starts a job of Amazon Transcribe, which takes minutes; the schedule's call looks after the
jobs that run, and stores the subtitles (WebVTT) of those that are done under `media/published/`, with a note
of what came of it. Pictures have nothing to be written down.

A job is called as its film, and Transcribe refuses a second one of a name: however often an event comes, a
film is listened to once. An object under `captions-running/` stands for each job that is not looked after
yet. It is written before the job starts: who dies in between leaves a film without a job to the schedule,
which starts it.

Environment: `MEDIA_BUCKET` (the schedule says of no bucket), `LOG_LEVEL`.
"""

import os
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config

from lambdas.events import MalformedEventError
from lambdas.media import Upload
from lambdas.media_captions.jobs import Jobs
from lambdas.streams import Answer, Batch

logger = Logger(service="media_captions")
clients = Config(connect_timeout=2, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 3})
jobs = Jobs(
    boto3.client("s3", config=clients),
    boto3.client("transcribe", config=clients),
    os.environ["MEDIA_BUCKET"],
)


@logger.inject_lambda_context
def handler(event: dict[str, Any], _context: LambdaContext) -> Answer | None:
    """Start jobs for a batch of uploads, and return what is to come again; or look after those that run."""
    if "Records" in event or "records" in event:
        return start(Batch(event))
    look_after()
    return None


def start(batch: Batch) -> Answer:
    """Start the jobs of a batch."""
    for record in batch:
        try:
            upload = Upload.parse(record.data)
            if upload.kind == "video" and jobs.start(upload.media_id, upload.key):
                logger.info("transcription started", media_id=str(upload.media_id))
        except Exception as error:
            told = (
                "malformed event" if isinstance(error, MalformedEventError) else "transcription not started"
            )
            logger.exception(told, lane=record.lane, place=str(record.place))
            batch.fail(record)
    return batch.answer()


def look_after() -> None:
    """Store what the jobs came to that are done; one that cannot be looked after waits for the next time."""
    for running in jobs.running():
        try:
            state = jobs.finish(running)
        except Exception:
            logger.exception("transcription not looked after", media_id=str(running.media_id))
        else:
            logger.info("transcription looked after", media_id=str(running.media_id), state=state)

"""Jobs of Amazon Transcribe, one a film."""

from collections.abc import Iterator
from typing import Any, Literal, NamedTuple
from uuid import UUID

from botocore.exceptions import ClientError

from lambdas.media import Bucket

PART = "captions"
NAME = "captions.vtt"
RUNNING = "captions-running"  # an object for each job that is not looked after yet, which says the film's key
TRANSCRIPTS = "transcripts"  # where Transcribe writes

State = Literal["started", "running", "published", "failed"]


class Running(NamedTuple):
    """A film whose job is not looked after yet, and where the film lies."""

    media_id: UUID
    source: str


class Jobs:
    """The jobs of a bucket's films."""

    def __init__(self, s3: Any, transcribe: Any, bucket: str) -> None:
        self._s3 = s3
        self._transcribe = transcribe
        self._bucket = bucket
        self._files = Bucket(s3, bucket)

    def start(self, media_id: UUID, source: str) -> bool:
        """Start the job of a film; return False where it was started before."""
        if self._files.is_noted(media_id, PART):
            return False
        self._s3.put_object(Bucket=self._bucket, Key=_running(media_id), Body=source.encode())
        return self._start(media_id, source)

    def running(self) -> Iterator[Running]:
        """Yield the films whose jobs are to be looked after."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=f"{RUNNING}/")
        for page in pages:
            for listed in page.get("Contents", []):
                media_id = UUID(listed["Key"].removeprefix(f"{RUNNING}/"))
                yield Running(media_id, self._files.read(listed["Key"]).decode())

    def finish(self, running: Running) -> State:
        """Store what a job came to, if it is done; start it if there is none."""
        job = self._job(running.media_id)
        if job is None:
            self._start(running.media_id, running.source)
            return "started"
        match job["TranscriptionJobStatus"]:
            case "COMPLETED":
                state = self._publish(running)
            case "FAILED":
                reason = job.get("FailureReason") or "Transcribe does not say why"
                state = self._give_up(running.media_id, reason)
            case _:
                return "running"
        self._s3.delete_object(Bucket=self._bucket, Key=_running(running.media_id))
        return state

    def _start(self, media_id: UUID, source: str) -> bool:
        try:
            self._transcribe.start_transcription_job(
                TranscriptionJobName=str(media_id),
                Media={"MediaFileUri": f"s3://{self._bucket}/{source}"},
                IdentifyLanguage=True,
                Subtitles={"Formats": ["vtt"]},
                OutputBucketName=self._bucket,
                OutputKey=f"{TRANSCRIPTS}/{media_id}.json",  # subtitles lie beside it
            )
        except self._transcribe.exceptions.ConflictException:
            return False
        return True

    def _job(self, media_id: UUID) -> dict[str, Any] | None:
        """Return the job; Transcribe calls a missing one a bad request."""
        try:
            answer = self._transcribe.get_transcription_job(TranscriptionJobName=str(media_id))
        except ClientError as error:
            if error.response["Error"]["Code"] in {"NotFoundException", "BadRequestException"}:
                return None
            raise
        job: dict[str, Any] = answer["TranscriptionJob"]
        return job

    def _publish(self, running: Running) -> State:
        media_id = running.media_id
        written = f"{TRANSCRIPTS}/{media_id}.vtt"
        if not self._files.exists(written):
            return self._give_up(media_id, "Transcribe wrote no subtitles")
        file = self._files.publish(
            media_id, running.source, NAME, self._files.read(written), "text/vtt; charset=utf-8"
        )
        self._files.note_files(media_id, PART, [file])
        return "published"

    def _give_up(self, media_id: UUID, reason: str) -> State:
        self._files.note_failure(media_id, PART, reason)
        return "failed"


def _running(media_id: UUID) -> str:
    return f"{RUNNING}/{media_id}"

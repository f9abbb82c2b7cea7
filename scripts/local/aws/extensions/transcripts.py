"""Transcribe: a job that is done has written transcript and subtitles into the bucket that it was told of.

Needed for moto 5.2.5, which names the objects and writes none. Nobody listens here: what is written says so.
"""

import json

from moto.s3.models import s3_backends
from moto.transcribe.models import FakeTranscriptionJob

HEARD = "(The local AWS does not listen.)"
SUBTITLES = {
    "vtt": f"WEBVTT\n\n00:00:00.000 --> 00:00:02.000\n{HEARD}\n",
    "srt": f"1\n00:00:00,000 --> 00:00:02,000\n{HEARD}\n",
}

_advance = FakeTranscriptionJob.advance


def install() -> None:
    """Write when a job is done."""
    FakeTranscriptionJob.advance = _advance_and_write  # type: ignore[method-assign]


def _advance_and_write(self: FakeTranscriptionJob) -> None:
    before = self.status
    _advance(self)
    if before != self.status == "COMPLETED" and self._output_bucket_name:
        _write(self, self._output_bucket_name)


def _write(job: FakeTranscriptionJob, bucket: str) -> None:
    name = (job.output_key or job.transcription_job_name).removesuffix(".json")
    transcript = {"jobName": job.transcription_job_name, "results": {"transcripts": [{"transcript": HEARD}]}}
    s3 = s3_backends[job._account_id]["aws"]
    s3.put_object(bucket, f"{name}.json", json.dumps(transcript).encode())
    for kind in job.subtitles["Formats"]:
        s3.put_object(bucket, f"{name}.{kind}", SUBTITLES[kind].encode())

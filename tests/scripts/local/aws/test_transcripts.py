"""What a job of Transcribe leaves in the bucket."""

import json
from collections.abc import Callable
from typing import Any

Aws = Callable[[str], Any]


def run(aws: Aws) -> list[str]:
    """Run a job to its end; return what is in its bucket then."""
    aws("s3").create_bucket(Bucket="films")
    transcribe = aws("transcribe")
    transcribe.start_transcription_job(
        TranscriptionJobName="film",
        Media={"MediaFileUri": "s3://films/film.mp4"},
        IdentifyLanguage=True,
        Subtitles={"Formats": ["vtt", "srt"]},
        OutputBucketName="films",
        OutputKey="transcripts/film.json",
    )
    state = ""
    while state != "COMPLETED":  # each look brings it forward
        job = transcribe.get_transcription_job(TranscriptionJobName="film")["TranscriptionJob"]
        state = job["TranscriptionJobStatus"]
    return [found["Key"] for found in aws("s3").list_objects_v2(Bucket="films").get("Contents", [])]


def test_a_job_that_is_done_has_written_transcript_and_subtitles(aws: Aws) -> None:
    assert run(aws) == ["transcripts/film.json", "transcripts/film.srt", "transcripts/film.vtt"]

    def read(kind: str) -> bytes:
        body: bytes = aws("s3").get_object(Bucket="films", Key=f"transcripts/film.{kind}")["Body"].read()
        return body

    assert read("vtt").startswith(b"WEBVTT\n\n00:00:00.000 --> ")
    assert read("srt").startswith(b"1\n00:00:00,000 --> ")
    assert json.loads(read("json"))["jobName"] == "film"


def test_moto_itself_still_writes_nothing(moto: Aws) -> None:
    assert run(moto) == []

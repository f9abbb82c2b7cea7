"""A film is listened to once, and its subtitles are published when the job is done."""

import json
from collections.abc import Callable
from types import ModuleType
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.lambdas import aws_events
from tests.lambdas.aws_events import MEDIA_BUCKET, media_uploaded, sequence_number
from tests.lambdas.conftest import Context

ColdStart = Callable[[str], ModuleType]
Client = Callable[[str], Any]
SCHEDULE = {"source": "aws.scheduler", "detail-type": "Scheduled Event", "detail": {}}


@pytest.fixture
def s3(client: Client) -> Any:
    """The bucket's service; no job waits to be looked after."""
    s3 = client("s3")
    for key in keys(s3, "captions-running/"):
        s3.delete_object(Bucket=MEDIA_BUCKET, Key=key)
    return s3


def keys(s3: Any, prefix: str) -> list[str]:
    listed = s3.list_objects_v2(Bucket=MEDIA_BUCKET, Prefix=prefix).get("Contents", [])
    return [found["Key"] for found in listed]


def note(s3: Any, media_id: UUID) -> dict[str, Any]:
    body = s3.get_object(Bucket=MEDIA_BUCKET, Key=f"status/{media_id}/captions.json")["Body"].read()
    found: dict[str, Any] = json.loads(body)
    return found


def jobs(client: Client, media_id: UUID) -> list[str]:
    found = client("transcribe").list_transcription_jobs(JobNameContains=str(media_id))
    return [job["TranscriptionJobName"] for job in found["TranscriptionJobSummaries"]]


@pytest.fixture
def captions(cold_start: ColdStart, s3: Any) -> ModuleType:
    """The function."""
    return cold_start("media_captions")


def until_done(captions: ModuleType, s3: Any) -> None:
    """Let the schedule call until no job is left; each look at one brings it forward."""
    for _ in range(10):
        captions.handler(SCHEDULE, Context())
        if not keys(s3, "captions-running/"):
            return
    pytest.fail("a job is not done")


def test_a_films_job_is_started_once_however_often_the_event_comes(
    captions: ModuleType, client: Client, cold_start: ColdStart
) -> None:
    media_id = uuid4()
    film = media_uploaded(media_id, "video")
    for event in (aws_events.kinesis(film, film), aws_events.kafka([("m", film)])):
        assert captions.handler(event, Context()) == {"batchItemFailures": []}
        assert cold_start("media_captions").handler(event, Context()) == {"batchItemFailures": []}

    assert jobs(client, media_id) == [str(media_id)]
    job = client("transcribe").get_transcription_job(TranscriptionJobName=str(media_id))["TranscriptionJob"]
    assert job["Media"] == {"MediaFileUri": f"s3://{MEDIA_BUCKET}/quarantine/{media_id}"}
    assert job["Subtitles"]["Formats"] == ["vtt"]


def test_pictures_are_skipped(captions: ModuleType, client: Client, s3: Any) -> None:
    media_id = uuid4()
    event = aws_events.kinesis(media_uploaded(media_id, "image"))

    assert captions.handler(event, Context()) == {"batchItemFailures": []}

    assert jobs(client, media_id) == []
    assert keys(s3, "captions-running/") == []


def test_subtitles_are_published_when_the_job_is_done(captions: ModuleType, s3: Any) -> None:
    media_id = uuid4()
    captions.handler(aws_events.kinesis(media_uploaded(media_id, "video")), Context())

    assert captions.handler(SCHEDULE, Context()) is None
    assert keys(s3, f"media/published/{media_id}/") == [], "it runs"
    until_done(captions, s3)

    key = f"media/published/{media_id}/captions.vtt"
    found = s3.get_object(Bucket=MEDIA_BUCKET, Key=key)
    written = s3.get_object(Bucket=MEDIA_BUCKET, Key=f"transcripts/{media_id}.vtt")["Body"].read()
    assert found["Body"].read() == written
    assert written.startswith(b"WEBVTT")
    assert found["ContentType"] == "text/vtt; charset=utf-8"
    assert note(s3, media_id)["state"] == "published"
    assert [file["key"] for file in note(s3, media_id)["files"]] == [key]


def test_an_event_that_comes_when_all_is_done_starts_nothing(captions: ModuleType, s3: Any) -> None:
    media_id = uuid4()
    film = aws_events.kinesis(media_uploaded(media_id, "video"))
    captions.handler(film, Context())
    until_done(captions, s3)

    captions.handler(film, Context())

    assert keys(s3, "captions-running/") == []


def test_a_job_that_wrote_nothing_is_given_up_with_its_reason(
    captions: ModuleType, s3: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    media_id = uuid4()
    captions.handler(aws_events.kinesis(media_uploaded(media_id, "video")), Context())
    monkeypatch.setattr(captions.jobs, "_job", lambda _: {"TranscriptionJobStatus": "COMPLETED"})

    until_done(captions, s3)

    assert note(s3, media_id) == {
        "state": "failed",
        "reason": "Transcribe wrote no subtitles",
        "files": [],
    }


def test_a_job_that_failed_is_given_up_with_transcribes_reason(
    captions: ModuleType, s3: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    media_id = uuid4()
    captions.handler(aws_events.kinesis(media_uploaded(media_id, "video")), Context())
    failed = {"TranscriptionJobStatus": "FAILED", "FailureReason": "The media has no sound."}
    monkeypatch.setattr(captions.jobs, "_job", lambda _: failed)

    until_done(captions, s3)

    assert (note(s3, media_id)["state"], note(s3, media_id)["reason"]) == ("failed", failed["FailureReason"])


def test_who_dies_before_the_job_starts_leaves_it_to_the_schedule(
    captions: ModuleType, s3: Any, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    media_id = uuid4()

    def die(*_: object) -> bool:
        raise TimeoutError

    with monkeypatch.context() as patch:
        patch.setattr(captions.jobs, "_start", die)
        answer = captions.handler(aws_events.kinesis(media_uploaded(media_id, "video")), Context())
    assert answer == {"batchItemFailures": [{"itemIdentifier": sequence_number(0)}]}

    captions.handler(SCHEDULE, Context())

    assert jobs(client, media_id) == [str(media_id)]


def test_a_job_that_cannot_be_looked_after_holds_up_no_other(
    captions: ModuleType, s3: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    broken, fine = sorted([uuid4(), uuid4()])
    films = (media_uploaded(media_id, "video") for media_id in (broken, fine))
    captions.handler(aws_events.kinesis(*films), Context())
    find = captions.jobs._job

    def refuse(media_id: UUID) -> Any:
        if media_id == broken:
            raise TimeoutError
        return find(media_id)

    monkeypatch.setattr(captions.jobs, "_job", refuse)
    for _ in range(3):
        captions.handler(SCHEDULE, Context())

    assert keys(s3, "captions-running/") == [f"captions-running/{broken}"]
    assert "transcription not looked after" in caplog.text


def test_a_malformed_event_is_named_and_the_others_start(captions: ModuleType, client: Client) -> None:
    media_id = uuid4()
    event = aws_events.kinesis(b"{}", media_uploaded(media_id, "video"), keys=["a", "b"])

    assert captions.handler(event, Context()) == {
        "batchItemFailures": [{"itemIdentifier": sequence_number(0)}]
    }
    assert jobs(client, media_id) == [str(media_id)]

"""What was uploaded becomes what is shown, once, and what cannot is given up with its reason."""

import io
import json
import struct
import subprocess
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import UUID, uuid4

import imageio_ffmpeg  # type: ignore[import-untyped] # it has no annotations
import pytest
from PIL import Image

from tests.lambdas import aws_events
from tests.lambdas.aws_events import MEDIA_BUCKET, media_uploaded, sequence_number
from tests.lambdas.conftest import Context

ColdStart = Callable[[str], ModuleType]
Client = Callable[[str], Any]
ORIENTATION, MAKE, GPS = 0x0112, 0x010F, 0x8825


class Media:
    """The bucket of media."""

    def __init__(self, s3: Any) -> None:
        self.s3 = s3

    def upload(self, body: bytes, kind: str = "image") -> tuple[UUID, bytes]:
        """Put an upload into the bucket; return its id, and the event that tells of it."""
        media_id = uuid4()
        event = media_uploaded(media_id, kind)
        self.s3.put_object(Bucket=MEDIA_BUCKET, Key=f"quarantine/{media_id}", Body=body)
        return media_id, event

    def read(self, key: str) -> bytes:
        body: bytes = self.s3.get_object(Bucket=MEDIA_BUCKET, Key=key)["Body"].read()
        return body

    def note(self, media_id: UUID) -> dict[str, Any]:
        """What the function says came of an upload."""
        note: dict[str, Any] = json.loads(self.read(f"status/{media_id}/renditions.json"))
        return note

    def published(self, media_id: UUID) -> dict[str, str]:
        """The files that are served, by name, with the tag of their content."""
        prefix = f"media/published/{media_id}/"
        listed = self.s3.list_objects_v2(Bucket=MEDIA_BUCKET, Prefix=prefix).get("Contents", [])
        return {found["Key"].removeprefix(prefix): found["ETag"] for found in listed}


@pytest.fixture
def media(client: Client) -> Media:
    return Media(client("s3"))


@pytest.fixture
def module(cold_start: ColdStart) -> ModuleType:
    """The function."""
    return cold_start("media_renditions")


@pytest.fixture
def invoke(module: ModuleType) -> Callable[..., list[str]]:
    """Hands records to the function, each with a key of its own; returns what comes again."""

    def invoke(*records: bytes) -> list[str]:
        keys = [f"media-{number}" for number in range(len(records))]
        answer = module.handler(aws_events.kinesis(*records, keys=keys), Context())
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    return invoke


def picture(
    size: tuple[int, int] = (2400, 1200), kind: str = "JPEG", mode: str = "RGB", **more: Any
) -> bytes:
    """A picture whose left half is red."""
    image = Image.new(mode, size)
    image.paste(Image.new(mode, (size[0] // 2, size[1]), "red" if mode != "CMYK" else (0, 255, 255, 0)))
    written = io.BytesIO()
    image.save(written, kind, **more)
    return written.getvalue()


def opened(body: bytes) -> Image.Image:
    return Image.open(io.BytesIO(body))


@pytest.mark.parametrize(
    ("kind", "mode"), [("JPEG", "RGB"), ("JPEG", "CMYK"), ("JPEG", "L"), ("PNG", "P"), ("WEBP", "RGBA")]
)
def test_a_picture_is_published_in_three_sizes(
    invoke: Callable[..., list[str]], media: Media, kind: str, mode: str
) -> None:
    media_id, event = media.upload(picture(kind=kind, mode=mode))

    assert invoke(event) == []

    note = media.note(media_id)
    assert note["state"] == "published"
    assert [(file["name"], file["width"], file["height"]) for file in note["files"]] == [
        ("small.webp", 320, 160),
        ("medium.webp", 960, 480),
        ("large.webp", 1920, 960),
    ]
    for file in note["files"]:
        found = media.s3.get_object(Bucket=MEDIA_BUCKET, Key=file["key"])
        body = found["Body"].read()
        assert (found["ContentType"], len(body)) == ("image/webp", file["size"])
        assert "immutable" in found["CacheControl"]
        image = opened(body)
        assert (image.format, image.size) == ("WEBP", (file["width"], file["height"]))


def test_what_is_private_is_made_apart_and_kept_by_nobody_between(
    invoke: Callable[..., list[str]], media: Media
) -> None:
    media_id = uuid4()
    key = f"quarantine/private/{media_id}"
    event = media_uploaded(media_id, "image").replace(b"quarantine/", b"quarantine/private/")
    media.s3.put_object(Bucket=MEDIA_BUCKET, Key=key, Body=picture())

    assert invoke(event) == []

    folder = f"media/private/{media_id}/"
    assert all(file["key"].startswith(folder) for file in media.note(media_id)["files"])
    assert media.published(media_id) == {}
    found = media.s3.head_object(Bucket=MEDIA_BUCKET, Key=f"{folder}small.webp")
    assert found["CacheControl"] == "private, max-age=3600"


def test_a_small_picture_is_not_made_larger(invoke: Callable[..., list[str]], media: Media) -> None:
    media_id, event = media.upload(picture((400, 200)))
    invoke(event)
    sizes = [(file["width"], file["height"]) for file in media.note(media_id)["files"]]
    assert sizes == [(320, 160), (400, 200), (400, 200)]


def test_a_picture_stands_upright_and_tells_nothing_of_who_took_it(
    invoke: Callable[..., list[str]], media: Media
) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6  # the camera was turned: what is left belongs on top
    exif[MAKE] = "Spy camera"
    exif.get_ifd(GPS)[2] = (52.0, 31.0, 12.0)
    media_id, event = media.upload(picture((400, 200), exif=exif, comment=b"at home", xmp=b"<x>at home</x>"))

    invoke(event)

    body = media.read(f"media/published/{media_id}/large.webp")
    image = opened(body).convert("RGB")
    assert image.size == (200, 400)
    red, dark = image.getpixel((100, 50)), image.getpixel((100, 350))
    assert isinstance(red, tuple)
    assert isinstance(dark, tuple)
    assert (red[0] > 200, dark[0] < 50) == (True, True)
    assert not opened(body).getexif()
    assert b"Spy camera" not in body
    assert b"at home" not in body


def test_what_comes_again_writes_the_same_and_what_is_noted_is_not_done_again(
    cold_start: ColdStart, media: Media, monkeypatch: pytest.MonkeyPatch
) -> None:
    media_id, event = media.upload(picture())
    cold_start("media_renditions").handler(aws_events.kinesis(event), Context())
    before = media.published(media_id), media.note(media_id)

    again = cold_start("media_renditions")
    media.s3.delete_object(Bucket=MEDIA_BUCKET, Key=f"status/{media_id}/renditions.json")  # it died before
    again.handler(aws_events.kafka([("m", event)]), Context())
    assert (media.published(media_id), media.note(media_id)) == before

    monkeypatch.setattr(again, "published", None)  # it would break now
    assert again.handler(aws_events.kafka([("m", event)]), Context()) == {"batchItemFailures": []}


def a_bomb() -> bytes:
    """A PNG of a few bytes that says it has 400 megapixels."""
    head = struct.pack(">IIBBBBB", 20_000, 20_000, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(b"\0" * 1000)), (b"IEND", b"")]
    packed = [
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


UNUSABLE = {
    "a text": (b"hello", "it is no picture in one of the formats JPEG, PNG, WEBP"),
    "nothing": (b"", "it is no picture"),
    "a vector": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "it is no picture"),
    "a half": (picture()[:2000], "it is broken"),
    "a bomb": (a_bomb(), "50 megapixels are allowed"),
    "too large": (picture((8000, 7000), "PNG", "1"), "it has 8000 × 7000 pixels: 50 megapixels are allowed"),
    "a bitmap": (picture((10, 10), "BMP"), "it is no picture"),
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_a_picture_that_cannot_be_used_is_given_up_with_its_reason_and_holds_up_nothing(
    invoke: Callable[..., list[str]], media: Media, name: str
) -> None:
    body, reason = UNUSABLE[name]
    media_id, event = media.upload(body)
    fine, after = media.upload(picture((40, 20)))

    assert invoke(event, after) == []

    note = media.note(media_id)
    assert (note["state"], note["files"]) == ("failed", [])
    assert reason in note["reason"]
    assert media.published(media_id) == {}
    assert media.note(fine)["state"] == "published"


@dataclass(frozen=True)
class Film:
    """What ffmpeg finds in a film."""

    body: bytes
    said: str


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., bytes]:
    """Makes a film of a second."""
    folder = tmp_path_factory.mktemp("films")

    def film(size: str = "1280x720", name: str = "film.mp4", *more: str) -> bytes:
        path = folder / name
        sources = ["-f", "lavfi", "-i", f"testsrc=size={size}:rate=10:duration=1"]
        sources += ["-f", "lavfi", "-i", "sine=frequency=440:duration=1"]
        told = ["-metadata", "title=at home", "-metadata", "location=+52.5+013.4/"]
        ffmpeg(*sources, "-shortest", *told, *more, "-y", str(path))
        return path.read_bytes()

    return film


def ffmpeg(*arguments: str) -> str:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-nostdin", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False).stderr


@pytest.fixture
def looked_at(media: Media, tmp_path: Path) -> Callable[[UUID], Film]:
    def looked_at(media_id: UUID) -> Film:
        path = tmp_path / "published.mp4"
        path.write_bytes(media.read(f"media/published/{media_id}/video-480p.mp4"))
        return Film(path.read_bytes(), ffmpeg("-i", str(path)))

    return looked_at


SHOWN = {"1280x720": (854, 480), "720x1280": (480, 854), "320x180": (320, 180)}


@pytest.mark.parametrize("size", SHOWN)
def test_a_film_becomes_one_of_480_lines_that_starts_before_it_is_loaded(
    invoke: Callable[..., list[str]],
    media: Media,
    film: Callable[..., bytes],
    looked_at: Callable[[UUID], Film],
    size: str,
) -> None:
    shown = SHOWN[size]
    media_id, event = media.upload(film(size), "video")

    assert invoke(event) == []

    file, poster = media.note(media_id)["files"]
    assert (file["name"], file["content_type"]) == ("video-480p.mp4", "video/mp4")
    assert (file["width"], file["height"]) == (poster["width"], poster["height"]) == shown
    assert (poster["name"], poster["content_type"]) == ("poster.webp", "image/webp")
    assert opened(media.read(poster["key"])).size == shown
    found = looked_at(media_id)
    assert len(found.body) == file["size"]
    assert f"{shown[0]}x{shown[1]}" in found.said
    assert "Video: h264" in found.said
    assert "Audio: aac" in found.said
    assert "Duration: 00:00:01" in found.said
    assert found.body.index(b"moov") < found.body.index(b"mdat")
    assert b"at home" not in found.body


def test_a_film_without_sound_and_of_another_container_is_taken(
    invoke: Callable[..., list[str]],
    media: Media,
    film: Callable[..., bytes],
    looked_at: Callable[[UUID], Film],
) -> None:
    media_id, event = media.upload(film("320x180", "film.webm", "-an"), "video")
    assert invoke(event) == []
    assert "Audio" not in looked_at(media_id).said


def test_a_playlist_that_names_other_files_is_no_film(
    invoke: Callable[..., list[str]], media: Media, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.mp4"
    secret.write_bytes(b"secret")
    for body in (f"#EXTM3U\n#EXTINF:1,\nfile://{secret}\n", f"ffconcat version 1.0\nfile '{secret}'\n"):
        media_id, event = media.upload(body.encode(), "video")
        assert invoke(event) == []
        assert media.note(media_id)["reason"] == "it is no film in MP4, QuickTime, Matroska or WebM"


def test_a_broken_or_too_long_film_is_given_up_with_its_reason(
    invoke: Callable[..., list[str]],
    media: Media,
    film: Callable[..., bytes],
    monkeypatch: pytest.MonkeyPatch,
    module: ModuleType,
) -> None:
    body = film("320x180")
    half, event = media.upload(body[: len(body) // 2], "video")
    invoke(event)
    monkeypatch.setattr("lambdas.media_renditions.videos.LONGEST", 0.5)
    long, event = media.upload(body, "video")
    invoke(event)

    assert media.note(half)["reason"].startswith("it is ")
    assert media.note(long)["reason"] == "it lasts 1 s: 0.5 s are allowed"


def test_a_film_that_does_not_fit_into_what_is_left_waits_for_the_next_invocation_and_then_is_given_up(
    module: ModuleType, media: Media, film: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    image, first = media.upload(picture((40, 20)))
    media_id, second = media.upload(film("320x180"), "video")
    other, third = media.upload(picture((40, 20)))
    monkeypatch.setattr(module, "seconds_left", lambda _: 0.001)

    answer = module.handler(aws_events.kinesis(first, second, third, keys=["1", "2", "3"]), Context())
    assert answer == {"batchItemFailures": [{"itemIdentifier": sequence_number(1)}]}
    assert media.note(image)["state"] == "published"
    assert media.published(other) == {}, "nor is there time for what follows"

    event = aws_events.kinesis(second, third, keys=["2", "3"], first=1)
    assert module.handler(event, Context()) == {"batchItemFailures": []}
    assert "longer than" in media.note(media_id)["reason"]
    assert media.note(other)["state"] == "published"


def test_what_lies_nowhere_comes_again_and_holds_back_nothing_else(
    invoke: Callable[..., list[str]], media: Media
) -> None:
    fine, event = media.upload(picture((40, 20)))

    assert invoke(media_uploaded(uuid4(), "image"), event) == [sequence_number(0)]

    assert media.note(fine)["state"] == "published"


MALFORMED = [
    b"",
    b"[]",
    media_uploaded(uuid4(), "image", type="order.paid"),
    media_uploaded(uuid4(), "image", version=2),
    media_uploaded(uuid4(), "sound"),
    media_uploaded(uuid4(), "image", data={"media_id": "7", "kind": "image", "bucket": "b", "key": "k"}),
    media_uploaded(uuid4(), "image", data={"media_id": str(uuid4()), "kind": "image", "bucket": "b"}),
    media_uploaded(
        uuid4(), "image", data={"media_id": str(uuid4()), "kind": "image", "bucket": "", "key": "k"}
    ),
]


@pytest.mark.parametrize("malformed", MALFORMED, ids=range(len(MALFORMED)))
def test_a_malformed_event_is_named(
    invoke: Callable[..., list[str]], media: Media, malformed: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    assert invoke(malformed) == [sequence_number(0)]
    assert "malformed event" in caplog.text

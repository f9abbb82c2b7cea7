"""Films are uploaded in parts into a real bucket, and go on where they were interrupted."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.media.schemas import PART_SIZE, NewMedia, part_sizes
from scripts.local.aws import running
from scripts.media.errors import MediaError
from scripts.media.file import MediaFile
from scripts.media.shop import Shop
from scripts.media.upload import outcomes, upload
from tests.scripts.local.aws.clients import clients_of
from tests.waiting import PATIENCE

BUCKET, KEY = "uploads-by-command", "quarantine/1"


class Signing:
    """A shop's answers: what is announced is signed for a bucket, with three parts at a time."""

    def __init__(self, s3: Any) -> None:
        self.s3 = s3
        self.announced: NewMedia | None = None
        self.upload_id = ""
        self.asked: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(f"{request.method} {request.url.path}")
        match self.asked[-1].split(" "):
            case ["POST", "/admin/media"]:
                return self._announce(json.loads(request.content))
            case ["GET", "/admin/media/1/parts"]:
                return httpx.Response(200, json={"parts": self._parts()})
            case ["POST", "/admin/media/1/complete"]:
                return httpx.Response(200, json={})
            case _:
                return httpx.Response(404, json={"detail": "There is nothing."})

    def _announce(self, said: dict[str, Any]) -> httpx.Response:
        new = NewMedia.model_validate(said)
        if new != self.announced:
            self.announced = new
            begun = self.s3.create_multipart_upload(Bucket=BUCKET, Key=KEY, ChecksumAlgorithm="SHA256")
            self.upload_id = begun["UploadId"]
        return httpx.Response(201, json={"id": "1", "upload": None, "parts": {}})

    def stored(self) -> dict[int, int]:
        """Bytes by number."""
        listed = self.s3.list_parts(Bucket=BUCKET, Key=KEY, UploadId=self.upload_id)
        return {it["PartNumber"]: it["Size"] for it in listed.get("Parts", [])}

    def _parts(self) -> list[dict[str, Any]]:
        assert self.announced is not None
        there = self.stored()
        parts: list[dict[str, Any]] = [
            {"number": number, "size": size, "is_stored": number in there, "url": None, "headers": {}}
            for number, size in enumerate(part_sizes(self.announced.size), start=1)
        ]
        for part in [it for it in parts if not it["is_stored"]][:3]:
            sha256 = (self.announced.part_sha256 or [])[part["number"] - 1]
            which = {"Bucket": BUCKET, "Key": KEY, "UploadId": self.upload_id, "PartNumber": part["number"]}
            part["url"] = self.s3.generate_presigned_url("upload_part", which | {"ChecksumSHA256": sha256})
            part["headers"] = {"x-amz-checksum-sha256": sha256}
        return parts


@pytest.fixture(scope="module")
def s3() -> Iterator[Any]:
    """A real bucket's client."""
    with running() as endpoint:
        client = clients_of(endpoint)("s3")
        client.create_bucket(Bucket=BUCKET)
        yield client


@pytest.fixture
def signing(s3: Any) -> Signing:
    return Signing(s3)


@pytest.fixture
def shop(signing: Signing) -> Iterator[Shop]:
    with httpx.Client(
        base_url="http://shop", transport=httpx.MockTransport(signing), timeout=PATIENCE
    ) as client:
        yield Shop(client)


@pytest.fixture
def film(tmp_path: Path) -> MediaFile:
    path = tmp_path / "film.mp4"
    path.write_bytes(os.urandom(3 * PART_SIZE + 5))
    return MediaFile.of(path)


class CtrlCError(Exception):
    """Ctrl-C."""


def test_an_interrupted_upload_goes_on_with_what_s3_lacks(
    shop: Shop, signing: Signing, film: MediaFile
) -> None:
    def interrupt(stored: int) -> None:
        if stored:
            raise CtrlCError

    with pytest.raises(CtrlCError):
        upload(shop, film, interrupt)
    before = signing.stored()
    assert 1 in before
    seen: list[int] = []

    upload(shop, film, seen.append)

    assert seen[0] == sum(before.values()), "nothing is sent again"
    assert (seen[-1], seen) == (film.size, sorted(seen))
    assert signing.stored() == dict(enumerate([PART_SIZE] * 3 + [5], start=1))
    assert signing.asked[-1] == "POST /admin/media/1/complete"


def test_a_film_that_changes_on_its_way_is_refused_by_its_checksum(shop: Shop, film: MediaFile) -> None:
    def change(stored: int) -> None:
        film.path.write_bytes(os.urandom(film.size))

    with pytest.raises(MediaError, match=r"S3 refuses part 1 \(400\): its checksum is another"):
        upload(shop, film, change)


def test_what_the_shop_refuses_is_said_with_its_remedy() -> None:
    def refuse(_: httpx.Request) -> httpx.Response:
        return httpx.Response(403, json={"detail": "This takes the role admin."})

    with (
        httpx.Client(base_url="http://shop", transport=httpx.MockTransport(refuse)) as client,
        pytest.raises(MediaError, match=r"This takes the role admin\. Only administrators upload"),
    ):
        Shop(client).ask("POST", "/admin/media")


def test_what_becomes_of_it_is_told_until_there_is_nothing_to_wait_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("scripts.media.upload.LOOK", 0)
    states = iter(["waiting", "waiting", "published"])

    def said(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"renditions": {"state": next(states)}, "captions": None})

    with httpx.Client(base_url="http://shop", transport=httpx.MockTransport(said)) as client:
        told = [it["renditions"]["state"] for it in outcomes(Shop(client), "1")]

    assert told == ["waiting", "published"]


@pytest.mark.parametrize(
    ("name", "size", "said"),
    [
        ("notes.txt", 1, "is of no type that the shop takes: .jpeg"),
        ("empty.png", 0, "has 0 bytes: an image may have 1 to 20971520"),
        ("large.png", 20 * 1024 * 1024 + 1, "has 20971521 bytes"),
    ],
)
def test_a_file_that_the_shop_would_not_take_is_refused_before_anything_is_sent(
    tmp_path: Path, name: str, size: int, said: str
) -> None:
    path = tmp_path / name
    with path.open("wb") as file:
        file.truncate(size)
    with pytest.raises(MediaError, match=said):
        MediaFile.of(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match=r"film.mp4 cannot be read: No such file"):
        MediaFile.of(tmp_path / "film.mp4")

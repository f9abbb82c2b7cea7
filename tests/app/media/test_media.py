"""Uploading pictures and films, and seeing what becomes of them."""

import base64
import hashlib
import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from app.main import create_app, resources
from app.platform.settings import Settings
from tests.app.shop import Arrange, client, client_of, throttled
from tests.app.tokens import Issuer
from tests.waiting import PATIENCE

FILE = b"\x89PNG and so on"
SHA256 = base64.b64encode(hashlib.sha256(FILE).digest()).decode()
IMAGE = {"kind": "image", "content_type": "image/png", "size": len(FILE), "sha256": SHA256}
FILM = IMAGE | {"kind": "video", "content_type": "video/mp4"}


@pytest.fixture
def shop(shop: httpx.AsyncClient, issuer: Issuer) -> httpx.AsyncClient:
    """A client of the application, who is an administrator."""
    shop.headers.update(issuer.bearer(None, "admin"))
    return shop


async def announce(shop: httpx.AsyncClient, new: dict[str, Any] = IMAGE) -> dict[str, Any]:
    answer = await shop.post("/admin/media", json=new)
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"/admin/media/{answer.json()['id']}"
    found: dict[str, Any] = answer.json()
    return found


async def upload(
    announced: dict[str, Any], body: bytes = FILE, changes: dict[str, str] | None = None
) -> httpx.Response:
    """Upload as a browser does: straight to S3."""
    form = announced["upload"]
    fields = form["fields"] | (changes or {})
    async with httpx.AsyncClient(timeout=PATIENCE) as browser:
        return await browser.post(form["url"], data=fields, files={"file": ("it", body)})


async def uploaded(shop: httpx.AsyncClient, new: dict[str, Any] = IMAGE) -> str:
    """Return the id of an upload that is complete."""
    announced = await announce(shop, new)
    assert (await upload(announced)).status_code == 204
    assert (await shop.post(f"/admin/media/{announced['id']}/complete")).status_code == 200
    return str(announced["id"])


async def events(arrange: Arrange) -> list[dict[str, Any]]:
    rows = await arrange.rows("SELECT payload FROM outbox WHERE type = 'media.uploaded' ORDER BY id")
    return [json.loads(row["payload"]) for row in rows]


def note(variables: dict[str, str], media_id: str, part: str, **note: Any) -> None:
    """Say what came of a consumer's work, as it does itself."""
    client(variables, "s3").put_object(
        Bucket=variables["MEDIA_BUCKET"], Key=f"status/{media_id}/{part}.json", Body=json.dumps(note)
    )


async def test_the_form_fixes_what_may_be_uploaded_and_until_when(shop: httpx.AsyncClient) -> None:
    announced = await announce(shop)

    form = announced["upload"]
    policy = json.loads(base64.b64decode(form["fields"]["policy"]))
    for condition in (
        {"key": f"quarantine/{announced['id']}"},
        {"Content-Type": "image/png"},
        {"x-amz-checksum-sha256": SHA256},
        ["content-length-range", len(FILE), len(FILE)],
    ):
        assert condition in policy["conditions"]
    assert form["fields"]["x-amz-algorithm"] == "AWS4-HMAC-SHA256"
    expires = datetime.fromisoformat(policy["expiration"])
    assert expires < datetime.now(UTC) + timedelta(minutes=16)
    assert abs(expires - datetime.fromisoformat(form["expires_at"])) < timedelta(seconds=PATIENCE)


async def test_an_upload_that_is_complete_is_told_of_once(
    shop: httpx.AsyncClient, arrange: Arrange, variables: dict[str, str]
) -> None:
    announced = await announce(shop)
    assert announced["state"] == "awaited"
    assert (await upload(announced)).status_code == 204
    assert await events(arrange) == [], "S3 tells the shop of nothing"

    answers = [await shop.post(f"/admin/media/{announced['id']}/complete") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json() == (await read(shop, announced["id"]))
    assert answers[0].json()["state"] == "uploaded"
    assert answers[0].headers["cache-control"] == "no-store"
    [event] = await events(arrange)
    assert event["aggregate_id"] == announced["id"]
    assert event["data"] == {
        "media_id": announced["id"],
        "kind": "image",
        "bucket": variables["MEDIA_BUCKET"],
        "key": f"quarantine/{announced['id']}",
        "content_type": "image/png",
        "size": len(FILE),
    }


async def read(shop: httpx.AsyncClient, media_id: str) -> dict[str, Any]:
    answer = await shop.get(f"/admin/media/{media_id}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_s3_refuses_what_was_not_announced(shop: httpx.AsyncClient) -> None:
    announced = await announce(shop)

    assert (await upload(announced, FILE + b"more")).status_code == 400
    assert (await upload(announced, FILE[::-1])).status_code == 400
    for change in ({"Content-Type": "text/html"}, {"key": "media/published/it"}):
        assert (await upload(announced, changes=change)).status_code == 403


async def test_nothing_is_complete_before_it_is_uploaded(shop: httpx.AsyncClient, arrange: Arrange) -> None:
    announced = await announce(shop)

    answer = await shop.post(f"/admin/media/{announced['id']}/complete")

    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/not-uploaded")
    assert await events(arrange) == []
    assert (await read(shop, announced["id"]))["state"] == "awaited"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"Body": FILE + b"more"}, f"its size is {len(FILE) + 4} and not {len(FILE)}"),
        ({"ContentType": "text/html"}, "its content_type is 'text/html' and not 'image/png'"),
        ({"Body": FILE[::-1]}, "its sha256 is"),
    ],
)
async def test_what_lies_there_is_looked_at_and_not_believed(
    shop: httpx.AsyncClient,
    arrange: Arrange,
    variables: dict[str, str],
    change: dict[str, Any],
    said: str,
) -> None:
    announced = await announce(shop)
    there = {"Body": FILE, "ContentType": "image/png", "ChecksumAlgorithm": "SHA256"} | change
    s3 = client(variables, "s3")
    s3.put_object(Bucket=variables["MEDIA_BUCKET"], Key=f"quarantine/{announced['id']}", **there)

    answer = await shop.post(f"/admin/media/{announced['id']}/complete")

    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/not-uploaded")
    assert said in answer.json()["detail"]
    assert await events(arrange) == []


async def test_what_becomes_of_a_film_is_shown_as_its_consumers_say_it(
    shop: httpx.AsyncClient, variables: dict[str, str]
) -> None:
    media_id = await uploaded(shop, FILM)
    waiting: dict[str, Any] = {"state": "waiting", "reason": None, "files": []}
    assert (await read(shop, media_id)) | {"renditions": waiting, "captions": waiting} == await read(
        shop, media_id
    )

    key = f"media/published/{media_id}/video-480p.mp4"
    file = {"name": "video-480p.mp4", "content_type": "video/mp4", "size": 7, "width": 854, "height": 480}
    note(variables, media_id, "renditions", state="published", files=[file | {"key": key}])
    note(variables, media_id, "captions", state="failed", reason="it has no sound", files=[])

    found = await read(shop, media_id)
    assert found["renditions"] == {
        "state": "published",
        "reason": None,
        "files": [file | {"url": f"/{key}"}],
    }
    assert found["captions"] == {"state": "failed", "reason": "it has no sound", "files": []}


async def test_a_picture_has_no_captions(shop: httpx.AsyncClient) -> None:
    assert (await read(shop, await uploaded(shop)))["captions"] is None


@pytest.mark.parametrize(
    ("change", "pointer", "said"),
    [
        ({"kind": "sound"}, "#/kind", ""),
        ({"content_type": "image/svg+xml"}, "#", "image/jpeg, image/png, image/webp"),
        ({"content_type": "video/mp4"}, "#", "image/jpeg, image/png, image/webp"),
        ({"size": 0}, "#/size", ""),
        ({"size": 20 * 1024 * 1024 + 1}, "#", "20971520 bytes at most"),
        ({"sha256": "abc"}, "#/sha256", ""),
        ({"key": "media/published/it"}, "#/key", ""),
    ],
)
async def test_what_is_not_taken_is_pointed_at(
    shop: httpx.AsyncClient, change: dict[str, Any], pointer: str, said: str
) -> None:
    answer = await shop.post("/admin/media", json=IMAGE | change)

    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert error["pointer"] == pointer
    assert said in error["detail"]


async def test_nothing_is_found_under_another_id(shop: httpx.AsyncClient) -> None:
    unknown = uuid.uuid4()
    assert (await shop.get(f"/admin/media/{unknown}")).status_code == 404
    assert (await shop.post(f"/admin/media/{unknown}/complete")).status_code == 404
    assert (await shop.get("/admin/media/one")).status_code == 422


async def test_while_s3_does_not_answer_nothing_is_complete(
    shop: httpx.AsyncClient, arrange: Arrange, monkeypatch: pytest.MonkeyPatch
) -> None:
    announced = await announce(shop)
    await upload(announced)

    with throttled(monkeypatch):
        answer = await shop.post(f"/admin/media/{announced['id']}/complete")

    assert answer.status_code == 503
    assert await events(arrange) == []
    assert (await shop.post(f"/admin/media/{announced['id']}/complete")).status_code == 200


async def test_a_shop_without_a_bucket_takes_no_uploads(variables: dict[str, str], issuer: Issuer) -> None:
    application = create_app()
    settings = Settings.from_environment(variables | {"MEDIA_BUCKET": ""})
    async with resources(application, settings, relay=False), client_of(application) as shop:
        answer = await shop.post("/admin/media", json=IMAGE, headers=issuer.bearer(None, "admin"))

    assert answer.status_code == 503
    assert answer.json()["detail"] == "this shop has no bucket for uploads"

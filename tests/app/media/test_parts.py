"""Uploading films in parts, going on with what was begun, and giving it up."""

import base64
import hashlib
import os
from typing import Any

import httpx
import pytest

from app.media.schemas import PART_SIZE
from tests.app.media.test_media import IMAGE, announce, events, read, upload
from tests.app.shop import Arrange, client
from tests.app.tokens import Issuer
from tests.waiting import PATIENCE

BODIES = [os.urandom(PART_SIZE), b"and the rest"]
CHECKSUMS = [base64.b64encode(hashlib.sha256(body).digest()).decode() for body in BODIES]
FILM = {
    "kind": "video",
    "content_type": "video/mp4",
    "size": sum(map(len, BODIES)),
    "part_sha256": CHECKSUMS,
}


@pytest.fixture
def shop(shop: httpx.AsyncClient, issuer: Issuer) -> httpx.AsyncClient:
    """A client of the application, who is an administrator."""
    shop.headers.update(issuer.bearer(None, "admin"))
    return shop


async def send(part: dict[str, Any], body: bytes) -> httpx.Response:
    """Send a part as a browser does: straight to S3."""
    async with httpx.AsyncClient(timeout=PATIENCE) as browser:
        return await browser.put(part["url"], headers=part["headers"], content=body)


async def parts_of(shop: httpx.AsyncClient, media_id: str) -> list[dict[str, Any]]:
    answer = await shop.get(f"/admin/media/{media_id}/parts")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["parts"]
    return found


def in_s3(variables: dict[str, str], announced: dict[str, Any]) -> str | None:
    """What S3 calls an upload in parts, while it goes on."""
    listed = client(variables, "s3").list_multipart_uploads(Bucket=variables["MEDIA_BUCKET"])
    uploads = {it["Key"]: it["UploadId"] for it in listed.get("Uploads", [])}
    return uploads.get(f"quarantine/{announced['id']}")


async def test_a_film_goes_on_where_it_was_interrupted_and_is_told_of_once_as_one_file(
    shop: httpx.AsyncClient, arrange: Arrange, variables: dict[str, str]
) -> None:
    announced = await announce(shop, FILM)
    assert announced["upload"] is None
    first, second = announced["parts"]["parts"]
    assert [first["size"], second["size"]] == list(map(len, BODIES))
    assert (await send(first, BODIES[0])).status_code == 200

    # The page was closed here; somebody opens it again, and chooses the same file.
    again = await announce(shop, FILM)
    assert again["id"] == announced["id"]
    first, second = again["parts"]["parts"]
    assert (first["is_stored"], first["url"], second["is_stored"]) == (True, None, False)
    early = await shop.post(f"/admin/media/{announced['id']}/complete")
    assert (early.status_code, early.json()["type"]) == (409, "/problems/not-uploaded")
    assert early.json()["detail"] == "Parts are not there yet: 2."
    assert (await send(second, BODIES[1])).status_code == 200

    answers = [await shop.post(f"/admin/media/{announced['id']}/complete") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    [event] = await events(arrange)
    key = f"quarantine/{announced['id']}"
    assert (event["data"]["key"], event["data"]["size"]) == (key, FILM["size"])
    stored = client(variables, "s3").get_object(Bucket=variables["MEDIA_BUCKET"], Key=key)
    assert (stored["Body"].read(), stored["ContentType"]) == (b"".join(BODIES), "video/mp4")
    assert in_s3(variables, announced) is None
    assert (await shop.get(f"/admin/media/{announced['id']}/parts")).status_code == 409


async def test_s3_refuses_a_part_that_was_not_announced(shop: httpx.AsyncClient) -> None:
    announced = await announce(shop, FILM)
    part = announced["parts"]["parts"][1]

    assert (await send(part, b"something else")).status_code == 400

    assert [it["is_stored"] for it in await parts_of(shop, announced["id"])] == [False, False]
    signed = httpx.URL(part["url"]).params["X-Amz-SignedHeaders"]
    assert signed == "content-length;host;x-amz-checksum-sha256"


async def test_parts_that_became_one_file_before_the_shop_could_note_it_are_complete(
    shop: httpx.AsyncClient, variables: dict[str, str]
) -> None:
    announced = await announce(shop, FILM)
    for part, body in zip(announced["parts"]["parts"], BODIES, strict=True):
        await send(part, body)
    s3 = client(variables, "s3")
    which = {
        "Bucket": variables["MEDIA_BUCKET"],
        "Key": f"quarantine/{announced['id']}",
        "UploadId": in_s3(variables, announced),
    }
    listed = s3.list_parts(**which)["Parts"]
    parts = [{"PartNumber": it["PartNumber"], "ETag": it["ETag"]} for it in listed]
    s3.complete_multipart_upload(**which, MultipartUpload={"Parts": parts})

    asked = await shop.get(f"/admin/media/{announced['id']}/parts")
    assert (asked.status_code, asked.json()["type"]) == (409, "/problems/not-awaited")
    assert (await shop.post(f"/admin/media/{announced['id']}/complete")).status_code == 200


async def test_what_is_given_up_is_forgotten_by_the_shop_and_by_s3(
    shop: httpx.AsyncClient, variables: dict[str, str]
) -> None:
    announced = await announce(shop, FILM)
    await send(announced["parts"]["parts"][1], BODIES[1])
    assert in_s3(variables, announced)

    assert (await shop.delete(f"/admin/media/{announced['id']}")).status_code == 204

    assert in_s3(variables, announced) is None
    for answer in (
        await shop.get(f"/admin/media/{announced['id']}/parts"),
        await shop.delete(f"/admin/media/{announced['id']}"),
    ):
        assert answer.status_code == 404


async def test_what_is_complete_cannot_be_given_up(shop: httpx.AsyncClient) -> None:
    announced = await announce(shop)
    await upload(announced)
    await shop.post(f"/admin/media/{announced['id']}/complete")

    answer = await shop.delete(f"/admin/media/{announced['id']}")

    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/not-awaited")
    assert (await read(shop, announced["id"]))["state"] == "uploaded"


async def test_the_next_announcement_ends_what_nobody_went_on_with(
    shop: httpx.AsyncClient, arrange: Arrange, variables: dict[str, str]
) -> None:
    left = [await announce(shop, FILM), await announce(shop)]
    await arrange.rows("UPDATE media SET created_at = now() - interval '3 days'")

    begun = await announce(shop, FILM)

    assert begun["id"] != left[0]["id"], "too old to go on with"
    assert (in_s3(variables, left[0]), in_s3(variables, begun) is None) == (None, False)
    for gone in left:
        assert (await shop.get(f"/admin/media/{gone['id']}")).status_code == 404


async def test_nobody_goes_on_with_what_somebody_else_began(shop: httpx.AsyncClient, issuer: Issuer) -> None:
    theirs = await announce(shop, FILM)
    shop.headers.update(issuer.bearer(None, "admin"))

    assert (await announce(shop, FILM))["id"] != theirs["id"]


@pytest.mark.parametrize(
    ("change", "pointer", "said"),
    [
        ({"part_sha256": CHECKSUMS[:1]}, "#", f"2 parts of {PART_SIZE} bytes at most: 1 checksums are said"),
        ({"sha256": CHECKSUMS[0]}, "#", "either sha256, or part_sha256"),
        ({"part_sha256": None}, "#", "either sha256, or part_sha256"),
        ({"part_sha256": ["abc"]}, "#/part_sha256/0", ""),
        ({"kind": "image", "content_type": "image/png"}, "#", "Only a video"),
    ],
)
async def test_parts_that_are_not_taken_are_pointed_at(
    shop: httpx.AsyncClient, change: dict[str, Any], pointer: str, said: str
) -> None:
    answer = await shop.post("/admin/media", json=FILM | change)

    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert error["pointer"] == pointer
    assert said in error["detail"]


async def test_what_comes_by_a_form_has_no_parts(shop: httpx.AsyncClient) -> None:
    announced = await announce(shop, IMAGE)

    answer = await shop.get(f"/admin/media/{announced['id']}/parts")

    assert announced["parts"] is None
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/not-awaited")

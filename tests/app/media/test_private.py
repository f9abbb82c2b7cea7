"""What is private lies apart, and is shown at addresses that are signed for a while."""

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import httpx
import pytest

from app.main import create_app, resources
from app.platform.settings import Settings
from scripts.local.runtime.cdns.signatures import UnsignedError, check
from scripts.media.key import make_key
from tests.app.media.test_media import FILM, IMAGE, announce, events, note, read, upload
from tests.app.media.test_parts import FILM as FILM_IN_PARTS
from tests.app.shop import Arrange, client, client_of
from tests.app.tokens import Issuer
from tests.waiting import PATIENCE


@pytest.fixture(scope="module")
def key(aws_variables: dict[str, str]) -> dict[str, str]:
    """A key, as an operator makes it."""
    return make_key(client(aws_variables, "secretsmanager"), "media-key")


@pytest.fixture
def variables(variables: dict[str, str], key: dict[str, str]) -> dict[str, str]:
    """The shop's environment, with the key."""
    return variables | {"MEDIA_KEY_ID": "K1", "MEDIA_KEY_SECRET_ARN": key["secret_arn"]}


@pytest.fixture
def shop(shop: httpx.AsyncClient, issuer: Issuer) -> httpx.AsyncClient:
    """A client of the application, who is an administrator."""
    shop.headers.update(issuer.bearer(None, "admin"))
    return shop


async def test_a_private_film_lies_apart_and_is_shown_at_signed_addresses_that_expire(
    shop: httpx.AsyncClient, arrange: Arrange, variables: dict[str, str], key: dict[str, str]
) -> None:
    announced = await announce(shop, FILM | {"is_private": True})
    assert (await upload(announced)).status_code == 204
    completed = await shop.post(f"/admin/media/{announced['id']}/complete")
    assert (completed.status_code, completed.json()["expires_at"]) == (200, None)
    [event] = await events(arrange)
    assert event["data"]["key"] == f"quarantine/private/{announced['id']}"

    folder = f"media/private/{announced['id']}"
    for part, name in (("renditions", "video-480p.mp4"), ("captions", "captions.vtt")):
        file = {"name": name, "key": f"{folder}/{name}", "content_type": "text/vtt", "size": 1}
        note(variables, announced["id"], part, state="published", files=[file])
    found = await read(shop, announced["id"])

    keys = {"K1": key["public_key"]}
    for work, name in ((found["renditions"], "video-480p.mp4"), (found["captions"], "captions.vtt")):
        url = f"https://shop.example.com{work['files'][0]['url']}"
        assert httpx.URL(url).path == f"/{folder}/{name}"
        check(url, keys, time.time())
        with pytest.raises(UnsignedError, match="expired"):
            check(url, keys, datetime.fromisoformat(found["expires_at"]).timestamp())
        with pytest.raises(UnsignedError, match="something else"):
            check(url.replace(announced["id"], "another"), keys, time.time())
    left = datetime.fromisoformat(found["expires_at"]) - datetime.now(UTC)
    assert 3600 - PATIENCE < left.total_seconds() <= 3600


async def test_a_private_film_in_parts_is_no_public_one(
    shop: httpx.AsyncClient, variables: dict[str, str]
) -> None:
    public = await announce(shop, FILM_IN_PARTS)
    private = await announce(shop, FILM_IN_PARTS | {"is_private": True})

    assert public["id"] != private["id"]
    listed = client(variables, "s3").list_multipart_uploads(Bucket=variables["MEDIA_BUCKET"])["Uploads"]
    assert f"quarantine/private/{private['id']}" in [it["Key"] for it in listed]


async def test_what_is_for_everybody_is_not_signed(
    shop: httpx.AsyncClient, variables: dict[str, str]
) -> None:
    announced = await announce(shop)
    await upload(announced)
    await shop.post(f"/admin/media/{announced['id']}/complete")
    key = f"media/published/{announced['id']}/small.webp"
    file = {"name": "small.webp", "key": key, "content_type": "image/webp", "size": 1}
    note(variables, announced["id"], "renditions", state="published", files=[file])

    found = await read(shop, announced["id"])

    assert (found["renditions"]["files"][0]["url"], found["expires_at"]) == (f"/{key}", None)


@pytest.fixture
async def keyless(variables: dict[str, str], issuer: Issuer) -> AsyncIterator[httpx.AsyncClient]:
    """A shop without a key."""
    application = create_app()
    settings = Settings.from_environment(variables | {"MEDIA_KEY_ID": ""})
    async with resources(application, settings, relay=False), client_of(application) as shop:
        shop.headers.update(issuer.bearer(None, "admin"))
        yield shop


async def test_a_shop_without_a_key_takes_nothing_private(keyless: httpx.AsyncClient) -> None:
    answer = await keyless.post("/admin/media", json=IMAGE | {"is_private": True})

    assert (answer.status_code, "no key for private media" in answer.json()["detail"]) == (503, True)
    assert (await keyless.post("/admin/media", json=IMAGE)).status_code == 201

"""Files of a behaviour with trusted key groups are served at signed addresses alone."""

import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from botocore.signers import CloudFrontSigner
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from scripts.local.runtime.cdns import Cdns
from scripts.local.runtime.cdns.signatures import UnsignedError, check
from scripts.local.runtime.context import Context
from tests.scripts.local.runtime.test_cdns import OPTIMIZED, SERVICE, Edge, behaviour, deploy, items
from tests.waiting import PATIENCE, until_async

URL = "http://shop/media/private/1/small.webp"
KEY, OTHER = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
OLD = rsa.generate_private_key(65537, 2048)


def pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


KEYS = {"K1": pem(KEY), "K2": pem(OLD)}


def signed(
    url: str = URL,
    resource: str = "http*://*/media/private/1/*",
    *,
    key: ec.EllipticCurvePrivateKey = KEY,
    key_id: str = "K1",
    seconds: float = 86_400,
    more: Mapping[str, Any] | None = None,
) -> str:
    """Sign as the shop does."""
    condition = {"DateLessThan": {"AWS:EpochTime": int(time.time() + seconds)}, **(more or {})}
    policy = json.dumps({"Statement": [{"Resource": resource, "Condition": condition}]})
    signer = CloudFrontSigner(key_id, lambda message: key.sign(message, ec.ECDSA(SHA256())))
    return f"{signer.generate_presigned_url(url, policy=policy)}&Hash-Algorithm=SHA256"


def test_what_is_signed_for_now_is_let_through() -> None:
    check(signed(), KEYS, time.time())


def test_a_canned_policy_of_rsa_and_sha1_is_taken_as_well() -> None:
    signer = CloudFrontSigner(
        "K2",
        lambda message: OLD.sign(message, padding.PKCS1v15(), SHA1()),  # noqa: S303 - CloudFront takes it
    )
    until = datetime.now(UTC) + timedelta(minutes=1)

    check(signer.generate_presigned_url(f"{URL}?size=2", date_less_than=until), KEYS, time.time())


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (URL, "Missing Key-Pair-Id"),
        (signed(seconds=-1), "expired"),
        (signed(key=OTHER), "another signature"),
        (signed(key_id="K9"), "Unknown Key"),
        (signed(key_id="K2"), "another signature"),
        (signed("http://shop/media/private/2/small.webp"), "signed for something else"),
        (signed().replace("Policy=", "Policy=AAAA"), "another signature"),
        (signed().replace("Signature=", "Signature=!"), "Malformed"),
        (signed().replace("SHA256", "MD5"), "Malformed"),
        (signed().removesuffix("&Hash-Algorithm=SHA256"), "another signature"),
        (signed(more={"DateGreaterThan": {"AWS:EpochTime": int(time.time() + 43_200)}}), "not yet"),
        (signed(more={"IpAddress": {"AWS:SourceIp": "10.0.0.1/32"}}), "not looked at here: IpAddress"),
    ],
)
def test_everything_else_is_refused_and_says_why(url: str, said: str) -> None:
    with pytest.raises(UnsignedError, match=said):
        check(url, KEYS, time.time())


async def test_the_cdn_serves_private_files_at_signed_addresses_alone(context: Context) -> None:
    cloudfront = context.aws.client("cloudfront")
    config = {"CallerReference": "1", "Name": "1", "EncodedKey": pem(KEY)}
    key_id = cloudfront.create_public_key(PublicKeyConfig=config)["PublicKey"]["Id"]
    group = cloudfront.create_key_group(KeyGroupConfig={"Name": "1", "Items": [key_id]})["KeyGroup"]["Id"]
    private = behaviour("site", OPTIMIZED) | {
        "PathPattern": "/media/private/*",
        "TrustedKeyGroups": {"Enabled": True, **items([group])},
    }
    context.addresses.publish(f"{SERVICE}:80", "127.0.0.1:9")
    url = deploy(context, [private])
    context.aws.client("s3").put_object(Bucket="site", Key="media/private/1/it.txt", Body=b"secret")
    cdns = Cdns(context)
    try:
        await until_async(cdns.reconcile)
        edge = Edge(context.addresses.translate(url))
        path = "/media/private/1/it.txt"
        opened = [await edge.ask(signed(path, key_id=key_id)) for _ in range(2)]

        assert [(answer.status_code, answer.text) for answer in opened] == [(200, "secret")] * 2
        assert opened[1].headers["X-Cache"] == "Hit from cloudfront"
        for refused in (
            path,
            signed(path, key_id=key_id, seconds=-1),
            signed(path, key_id=key_id, key=OTHER),
            signed("/media/private/2/it.txt", key_id=key_id),
        ):
            assert (await edge.ask(refused)).status_code == 403, "kept or not"
    finally:
        await cdns.close()


@pytest.fixture(autouse=True)
def empty(endpoint: str) -> None:
    """Start each test with nothing deployed: a distribution cannot just be deleted."""
    httpx.post(f"{endpoint}/moto-api/reset", timeout=PATIENCE).raise_for_status()

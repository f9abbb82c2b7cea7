"""With keys, what is private is served at signed addresses alone, and the shop signs by the first of them."""

from pathlib import Path
from typing import Any

import pytest

from scripts.evaluation.recorder import Recording, Registered
from tests.infra.stacks import DEV, evaluate, refusal
from tests.infra.test_environment import values

ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:media-key"


def key(number: int) -> dict[str, str]:
    """A key, as `blueprint media key` prints it."""
    pem = f"-----BEGIN PUBLIC KEY-----\nMFkw{number}\n-----END PUBLIC KEY-----\n"
    return {"public_key": pem, "secret_arn": f"{ARN}-{number}"}


def with_keys(*numbers: int) -> dict[str, Any]:
    return DEV | {"cdn": {"media_keys": [key(number) for number in numbers]}}


@pytest.fixture(scope="module")
def private(dist: Path) -> Recording:
    """The stack `dev` with two keys, the second of which is older."""
    return evaluate(with_keys(2, 1), dist)


def identifier(registered: Registered) -> str:
    """What the recorder calls a resource."""
    return f"{registered.name}-id"


def behaviours(recording: Recording) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = recording.one("distribution:Distribution").inputs["orderedCacheBehaviors"]
    return found


def readable(recording: Recording) -> list[str]:
    """What the distribution may get of the bucket of media."""
    [allowed] = [
        it
        for it in recording.one("bucketPolicy:BucketPolicy", "media-policy").json("policy")["Statement"]
        if it.get("Sid") == "CdnRead"
    ]
    return [resource.partition("/")[2] for resource in allowed["Resource"]]


def test_private_files_come_before_all_others_and_ask_for_a_signature_by_one_of_the_keys(
    private: Recording,
) -> None:
    first, *others = behaviours(private)
    group = private.one("keyGroup:KeyGroup")
    keys = {it.inputs["encodedKey"]: identifier(it) for it in private.of("publicKey:PublicKey")}

    assert (first["pathPattern"], first["targetOriginId"]) == ("/media/private/*", "media")
    assert first["trustedKeyGroups"] == [identifier(group)]
    assert group.inputs["items"] == [keys[key(number)["public_key"]] for number in (2, 1)]
    assert not any("trustedKeyGroups" in it for it in others)
    assert readable(private) == ["media/published/*", "media/private/*"]


def test_the_shop_signs_by_the_first_key_and_reads_its_secret_alone(private: Recording) -> None:
    [newest] = [
        it for it in private.of("publicKey:PublicKey") if it.inputs["encodedKey"] == key(2)["public_key"]
    ]
    told = values(private)
    assert (told["MEDIA_KEY_ID"], told["MEDIA_KEY_SECRET_ARN"]) == (identifier(newest), f"{ARN}-2")
    reading = [
        statement["Resource"]
        for grant in private.of("rolePolicy:RolePolicy")
        for statement in grant.json("policy")["Statement"]
        if any(ARN in str(resource) for resource in statement["Resource"])
    ]
    assert reading == [[f"{ARN}-2"]] * 2, "the instances, and the shop as a function"


def test_a_new_key_is_another_resource_than_the_old(private: Recording, dist: Path) -> None:
    before = evaluate(with_keys(1), dist)

    [old] = before.of("publicKey:PublicKey")
    assert old.urn in {it.urn for it in private.of("publicKey:PublicKey")}


def test_without_keys_nothing_private_is_served(dev: Recording) -> None:
    assert [it for it in behaviours(dev) if "private" in it["pathPattern"]] == []
    assert dev.of("keyGroup:KeyGroup") == []
    assert readable(dev) == ["media/published/*"]
    assert not {"MEDIA_KEY_ID", "MEDIA_KEY_SECRET_ARN"} & values(dev).keys()


def test_a_key_that_is_none_is_pointed_at() -> None:
    wrong = {"public_key": "-----BEGIN CERTIFICATE-----", "secret_arn": ARN}
    said = refusal(DEV | {"cdn": {"media_keys": [wrong]}})
    assert "public_key" in said
    assert "cdn" in said

"""Uploads in parts, each sent to an address of its own."""

import base64
import hashlib
import os
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError

from tests.waiting import PATIENCE

Aws = Callable[[str], Any]
KEY = "films/1"
PARTS = (os.urandom(5 * 1024 * 1024), b"and the rest")


def sha256(body: bytes) -> str:
    return base64.b64encode(hashlib.sha256(body).digest()).decode()


class Upload:
    """An upload in parts."""

    def __init__(self, s3: Any) -> None:
        self.s3 = s3
        s3.create_bucket(Bucket="in-parts")
        self.whose = {"Bucket": "in-parts", "Key": KEY}
        begun = s3.create_multipart_upload(
            **self.whose, ContentType="video/mp4", ChecksumAlgorithm="SHA256", ChecksumType="COMPOSITE"
        )
        self.which = {**self.whose, "UploadId": begun["UploadId"]}

    def put(self, number: int, body: bytes, sent: bytes | None = None) -> httpx.Response:
        """Have an address signed for a part, and send it or something else there."""
        fixed = {"PartNumber": number, "ContentLength": len(body), "ChecksumSHA256": sha256(body)}
        url = self.s3.generate_presigned_url("upload_part", {**self.which, **fixed})
        headers = {"x-amz-checksum-sha256": sha256(body)}
        return httpx.put(url, content=sent or body, headers=headers, timeout=PATIENCE)

    def listed(self) -> list[dict[str, Any]]:
        parts: list[dict[str, Any]] = self.s3.list_parts(**self.which).get("Parts", [])
        return parts


@pytest.fixture
def upload(aws: Aws) -> Upload:
    return Upload(aws("s3"))


def test_a_part_that_is_another_is_refused(upload: Upload) -> None:
    answer = upload.put(1, b"what was signed", b"something else!")

    assert (answer.status_code, "BadDigest" in answer.text) == (400, True)
    assert upload.listed() == []


def test_parts_are_listed_with_their_checksums_and_the_whole_says_how_many_it_has(upload: Upload) -> None:
    for number, body in enumerate(PARTS, start=1):
        assert upload.put(number, body).status_code == 200
    listed = upload.listed()
    assert [(it["PartNumber"], it["Size"], it["ChecksumSHA256"]) for it in listed] == [
        (number, len(body), sha256(body)) for number, body in enumerate(PARTS, start=1)
    ]

    parts = [{name: it[name] for name in ("PartNumber", "ETag", "ChecksumSHA256")} for it in listed]
    upload.s3.complete_multipart_upload(**upload.which, MultipartUpload={"Parts": parts})

    head = upload.s3.head_object(**upload.whose, ChecksumMode="ENABLED")
    of_parts = b"".join(hashlib.sha256(body).digest() for body in PARTS)
    assert head["ChecksumSHA256"] == f"{sha256(of_parts)}-2"
    assert (head["ContentType"], head["ContentLength"]) == ("video/mp4", sum(map(len, PARTS)))


def test_what_is_given_up_is_gone(upload: Upload) -> None:
    upload.put(1, b"what was signed")
    upload.s3.abort_multipart_upload(**upload.which)

    with pytest.raises(ClientError, match="NoSuchUpload"):
        upload.listed()


def test_moto_itself_still_looks_at_no_checksum_and_lists_none(moto: Aws) -> None:
    upload = Upload(moto("s3"))

    assert upload.put(1, b"what was signed", b"something else!").status_code == 200
    assert "ChecksumSHA256" not in upload.listed()[0]

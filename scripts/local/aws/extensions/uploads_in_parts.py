"""S3: parts of an upload are held to their checksum and keep it, and the whole's says how many parts it has.

Needed for moto 5.2.5, which looks at no part's checksum, lists none, and leaves the number of parts out of
what HeadObject answers. Signatures are not looked at, as nowhere here.
"""

import base64
import hashlib
import re
from typing import Any

from moto.s3.responses import S3Response

CHECKSUM = "x-amz-checksum-sha256"
PART_NUMBER = re.compile(r"<PartNumber>(\d+)</PartNumber>")
BAD_DIGEST = "<Error><Code>BadDigest</Code><Message>The SHA-256 of the part is another one</Message></Error>"

_upload_part = S3Response.upload_part
_list_parts = S3Response.list_parts
_head_object = S3Response.head_object


def install() -> None:
    """Look at the checksum before a part is put; tell it where parts and the whole are asked for."""
    S3Response.upload_part = _upload_checked  # type: ignore[method-assign]
    S3Response.list_parts = _list_with_checksums  # type: ignore[method-assign]
    S3Response.head_object = _head_with_number  # type: ignore[method-assign]


def _upload_checked(self: S3Response) -> Any:
    said = self.headers.get(CHECKSUM)
    if said is None:
        return _upload_part(self)
    if said != base64.b64encode(hashlib.sha256(self.body).digest()).decode():
        return 400, {"content-type": "application/xml"}, BAD_DIGEST
    answer = _upload_part(self)
    part = _parts(self)[self._get_int_param("partNumber")]
    part.checksum_algorithm, part.checksum_value = "SHA256", said
    return answer


def _list_with_checksums(self: S3Response) -> Any:
    status, headers, body = _list_parts(self)
    parts = _parts(self)

    def with_checksum(found: re.Match[str]) -> str:
        value = parts[int(found[1])].checksum_value
        return f"{found[0]}<ChecksumSHA256>{value}</ChecksumSHA256>" if value else found[0]

    return status, headers, PART_NUMBER.sub(with_checksum, str(body))


def _head_with_number(self: S3Response, *asked: Any, **headers: Any) -> Any:
    status, told, body = _head_object(self, *asked, **headers)
    if CHECKSUM in told:
        key = self.backend.get_object(self.bucket_name, self.parse_key_name(), told.get("x-amz-version-id"))
        if key is not None and key.checksum_type == "COMPOSITE":
            told[CHECKSUM] = f"{key.checksum_value}-{key.checksum_parts}"
    return status, told, body


def _parts(response: S3Response) -> Any:
    """Return the parts of the upload that a request is about, by their numbers."""
    bucket = response.backend.get_bucket(response.bucket_name)
    return bucket.multiparts[response._get_param("uploadId")].parts

"""S3: forms that browsers upload with are held to their policy, and keep their checksum.

Needed for moto 5.2.5, which looks at neither. Signatures are not looked at, as nowhere here.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from html import escape
from typing import Any

from moto.s3.responses import S3Response

# Fields that a form has beside what its policy is about (Amazon S3 API Reference, "POST Policy").
UNCHECKED = {"policy", "file", "x-amz-signature", "signature", "awsaccesskeyid"}
CHECKSUM = "x-amz-checksum-sha256"

_post = S3Response._bucket_response_post


class RefusedError(Exception):
    """S3 would answer with this error."""

    def __init__(self, code: str, message: str, status: int) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


def install() -> None:
    """Look at the policy before an object is put, and at the checksum."""
    S3Response._bucket_response_post = _post_within_policy  # type: ignore[method-assign]


def _post_within_policy(self: S3Response, request: Any, bucket_name: str) -> Any:
    form = {name.lower(): value for name, value in self.form_data.items()}
    if "key" not in form:  # no form: a deletion of many objects, say
        return _post(self, request, bucket_name)
    body = self.raw_body
    found = base64.b64encode(hashlib.sha256(body).digest()).decode()
    try:
        if "policy" in form:
            check(form | {"bucket": bucket_name}, len(body), datetime.now(UTC))
        _check_checksum(form.get(CHECKSUM, found), found)
    except RefusedError as error:
        document = f"<Error><Code>{error.code}</Code><Message>{escape(str(error))}</Message></Error>"
        return error.status, {"content-type": "application/xml"}, document
    answer = _post(self, request, bucket_name)
    key = self.backend.get_object(bucket_name, form["key"])
    if key is not None and CHECKSUM in form:
        key.checksum_algorithm, key.checksum_value = "SHA256", found
    return answer


def check(form: Mapping[str, str], size: int, now: datetime) -> None:
    """Look at a form of so many bytes, its fields in lower case.

    Raises:
        RefusedError: it is not what its policy allows.
    """
    policy = json.loads(base64.b64decode(form["policy"]))
    if now >= datetime.fromisoformat(policy["expiration"]):
        raise _denied("Policy expired.")
    named = set(UNCHECKED)
    for condition in policy["conditions"]:
        operator, name, *values = _read(condition)
        if operator == "content-length-range":
            _check_size(size, int(name), int(values[0]))
            continue
        named.add(name)
        value = form.get(name, "")
        if not (value == values[0] if operator == "eq" else value.startswith(values[0])):
            raise _denied(f'Policy Condition failed: ["{operator}", "${name}", "{values[0]}"]')
    if extra := form.keys() - named - {"bucket"}:
        raise _denied(f"Extra input fields: {', '.join(sorted(extra))}")


def _read(condition: Any) -> tuple[str, ...]:
    """Return a condition as its operator, the field's name and what it is compared with."""
    if isinstance(condition, dict):
        [(name, value)] = condition.items()
        return ("eq", name.lower(), value)
    operator, name, *values = condition
    return (operator.lower(), str(name).removeprefix("$").lower(), *values)


def _check_size(size: int, least: int, most: int) -> None:
    if size < least:
        raise RefusedError("EntityTooSmall", f"The upload has {size} bytes, and {least} are the least", 400)
    if size > most:
        raise RefusedError("EntityTooLarge", f"The upload has {size} bytes, and {most} are the most", 400)


def _check_checksum(said: str, found: str) -> None:
    if said != found:
        raise RefusedError("BadDigest", "The SHA-256 of the upload is another one", 400)


def _denied(message: str) -> RefusedError:
    return RefusedError("AccessDenied", f"Invalid according to Policy: {message}", 403)

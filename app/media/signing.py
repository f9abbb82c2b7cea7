"""Addresses of private files, signed as CloudFront asks for it: for a while, and for the files of one upload.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-creating-signed-url-custom-policy.html
"""

import asyncio
import json
import time
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from botocore.exceptions import ClientError
from botocore.signers import CloudFrontSigner
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from app.platform.aws import Aws
from app.platform.problems import UnavailableError
from app.platform.settings import SettingsError

SIGNED_TIME = timedelta(hours=1)
HASH = "Hash-Algorithm=SHA256"  # CloudFront expects SHA-1 where it is not told


class Signed(NamedTuple):
    """The query that opens files, and when it stops to."""

    query: str
    expires_at: datetime


class MediaSigner:
    """Signs by the key that CloudFront knows as `key_id`, whose private part is in a secret."""

    def __init__(self, aws: Aws, key_id: str, secret_arn: str) -> None:
        self._aws = aws
        self._key_id = key_id
        self._secret_arn = secret_arn
        self._known: EllipticCurvePrivateKey | None = None
        self._reading = asyncio.Lock()

    async def sign(self, folder: str) -> Signed:
        """Return the query that opens every file below a folder, such as `media/private/<id>/`.

        The site's name is left open: it is the same key that no other distribution trusts.

        Raises:
            UnavailableError: Secrets Manager does not answer.
            SettingsError: there is no such secret, this role may not read it, or it is no key.
        """
        key = await self._key()
        expires_at = datetime.fromtimestamp(int(time.time()), UTC) + SIGNED_TIME
        condition = {"DateLessThan": {"AWS:EpochTime": int(expires_at.timestamp())}}
        statement = {"Resource": f"http*://*/{folder}*", "Condition": condition}
        policy = json.dumps({"Statement": [statement]}, separators=(",", ":"))
        signer = CloudFrontSigner(self._key_id, lambda message: key.sign(message, ECDSA(SHA256())))
        query = signer.generate_presigned_url("", policy=policy).removeprefix("?")
        return Signed(f"{query}&{HASH}", expires_at)

    async def _key(self) -> EllipticCurvePrivateKey:
        async with self._reading:
            if self._known is None:
                self._known = await self._fetch()
            return self._known

    async def _fetch(self) -> EllipticCurvePrivateKey:
        try:
            answer = await self._aws.call("secretsmanager", "get_secret_value", SecretId=self._secret_arn)
            key = load_pem_private_key(answer["SecretString"].encode(), password=None)
        except ClientError as error:
            raise SettingsError(
                f"The secret {self._secret_arn} of MEDIA_KEY_SECRET_ARN cannot be read: {error}. "
                "Mend the ARN, or what this role may do."
            ) from error
        except ValueError as error:
            raise SettingsError(
                f"The secret {self._secret_arn} of MEDIA_KEY_SECRET_ARN must be a private key in PEM, as "
                "`blueprint media key` makes it."
            ) from error
        if not isinstance(key, EllipticCurvePrivateKey):
            raise SettingsError(f"The key in {self._secret_arn} of MEDIA_KEY_SECRET_ARN must be of ECDSA.")
        return key


def required(signer: MediaSigner | None) -> MediaSigner:
    """Return the signer.

    Raises:
        UnavailableError: this shop has none.
    """
    if signer is None:
        raise UnavailableError("this shop has no key for private media: see `blueprint media key --help`")
    return signer

"""A key that signs addresses of private media: a public part for the settings, a private one in a secret."""

from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)


def make_key(secretsmanager: Any, name: str) -> dict[str, str]:
    """Make a key (ECDSA on P-256, which CloudFront takes beside RSA) and a secret `name` for it.

    What is returned is one of the setting `cdn.media_keys`. The private part is in the secret and nowhere
    else.
    """
    key = generate_private_key(SECP256R1())
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    made = secretsmanager.create_secret(
        Name=name, Description="Signs addresses of private media", SecretString=private.decode()
    )
    return {"public_key": public.decode(), "secret_arn": str(made["ARN"])}

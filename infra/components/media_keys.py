"""The keys by which CloudFront knows who may see what is private."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.components import naming
from infra.components.provider_secret import Readable

NAME_LIMIT = 128
DIGITS = 8
"""Of a key's checksum, in the name of its resource."""


@dataclass(frozen=True, kw_only=True)
class MediaKey:
    """
    Attributes:
        public_key: in PEM.
        secret_arn: the secret with the private part, which is made before and not by the program.
    """

    public_key: str
    secret_arn: str


@dataclass(frozen=True, kw_only=True)
class MediaKeysArgs:
    """
    Attributes:
        keys: the first signs; what any of them signed is taken.
    """

    keys: Sequence[MediaKey]


class MediaKeys(pulumi.ComponentResource):
    """Keys of a distribution.

    A public key cannot be changed in place: another is another resource, named by what is in it, and the
    group lets go of the old one before it is deleted.

    Resources: a public key each, key group.

    Attributes:
        group_id: of all keys.
        signing_id: what CloudFront calls the first.
        secret: its private part, to who signs.
    """

    def __init__(self, name: str, args: MediaKeysArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("blueprint:edge:MediaKeys", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        keys = [
            aws.cloudfront.PublicKey(
                label := f"{name}-{hashlib.sha256(key.public_key.encode()).hexdigest()[:DIGITS]}",
                name=naming.physical(label, NAME_LIMIT),
                comment="Signs addresses of private media",
                encoded_key=key.public_key,
                opts=child,
            )
            for key in args.keys
        ]
        group = aws.cloudfront.KeyGroup(
            name,
            name=naming.physical(name, NAME_LIMIT),
            comment="Who may sign addresses of private media",
            items=[key.id for key in keys],
            opts=child,
        )
        self.group_id = group.id
        self.signing_id = keys[0].id
        arn = pulumi.Output.from_input(args.keys[0].secret_arn)
        self.secret = Readable(name=name, arn=arn, pattern=arn, kms_key_arn=None, owner=self)
        self.register_outputs({"group_id": self.group_id})

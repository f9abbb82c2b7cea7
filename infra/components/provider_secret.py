"""What the shop and another company both know, so that each can tell what the other sent."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from infra.components import policy
from infra.components.policy import Role

PASSWORD_LENGTH = 64
ANY_END = "-??????"
"""What Secrets Manager appends to the name of a secret in its ARN."""


@dataclass(frozen=True, kw_only=True)
class ProviderSecretArgs:
    """
    Attributes:
        provider: the user name, which says whose the secret is.
        regions: further regions that the secret is kept in, and follows each change to.
        kms_key_arn: the key that encrypts it; None is AWS's own. Copies are encrypted by AWS's own.
        protect: let a deleted secret be restored.
    """

    provider: str
    regions: Sequence[str] = ()
    kms_key_arn: pulumi.Input[str] | None = None
    protect: bool


@dataclass(frozen=True, kw_only=True)
class Readable:
    """The secret, or a copy of it, to those who read it.

    Attributes:
        name: what the grants are called after.
        arn: what a program is told.
        pattern: what a policy says: the ARN of a copy is known but for its end.
        kms_key_arn: the key that encrypts it; None is one that AWS lets everybody use.
        owner: what the grants belong to.
    """

    name: str
    arn: pulumi.Output[str]
    pattern: pulumi.Output[str]
    kms_key_arn: pulumi.Input[str] | None
    owner: pulumi.Resource

    def grant_read(self, role: Role) -> aws.iam.RolePolicy:
        """Let `role` read it."""
        statement = policy.allow(["secretsmanager:GetSecretValue"], [self.pattern])
        statements = [statement, *policy.decrypt(self.kms_key_arn)]
        return policy.grant(role, f"secret-{self.name}", statements, self.owner)


class ProviderSecret(pulumi.ComponentResource):
    """A secret with a user name and a password: at first a random one, which suits a sandbox.

    The provider's own is put into Secrets Manager by hand, and stays: no `up` brings the first one back.

    Resources: password, secret, its first version.

    Attributes:
        here: the secret in its own region.
    """

    def __init__(
        self, name: str, args: ProviderSecretArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("blueprint:data:ProviderSecret", name, None, opts)
        self._name = name
        child = pulumi.ResourceOptions(parent=self)
        password = random.RandomPassword(
            f"{name}-password", length=PASSWORD_LENGTH, special=False, opts=child
        )
        self._secret = aws.secretsmanager.Secret(
            name,
            description=f"What {args.provider} signs its messages to the shop with",
            kms_key_id=args.kms_key_arn,
            recovery_window_in_days=30 if args.protect else 0,
            replicas=[{"region": region} for region in args.regions] or None,
            opts=child,
        )
        value = {"username": args.provider, "password": password.result}
        aws.secretsmanager.SecretVersion(
            name,
            secret_id=self._secret.id,
            secret_string=pulumi.Output.json_dumps(value),  # secret, because the password is
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=["secretString", "versionStages"]),
        )
        arn = self._secret.arn
        self.here = Readable(name=name, arn=arn, pattern=arn, kms_key_arn=args.kms_key_arn, owner=self)
        self.register_outputs({"arn": arn})

    def at(self, region: str, account_id: pulumi.Input[str]) -> Readable:
        """The copy in one of the further regions.

        Secrets Manager takes its ARN without the six characters that end it, which nobody knows before.
        """
        arn = pulumi.Output.concat(
            f"arn:aws:secretsmanager:{region}:", account_id, ":secret:", self._secret.name
        )
        pattern = pulumi.Output.concat(arn, ANY_END)
        return Readable(name=self._name, arn=arn, pattern=pattern, kms_key_arn=None, owner=self)

"""Who may speak with a cache: one user for its programs, and nobody without a password."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from infra.components import naming, policy
from infra.components.policy import Role

ENGINE = "valkey"
ID_LIMIT = 40
"""Of users and of their groups; ids are those of an account and a region."""
PASSWORD_LENGTH = 48
"""ElastiCache takes 16 to 128 characters and few symbols: long and without any is as strong."""

USERNAME = "shop"
ACCESS = (
    "on ~* resetchannels &live:* -@all +@read +@write +@connection -@dangerous "
    "+cluster|slots +cluster|shards +eval +evalsha +script|load +publish +subscribe +unsubscribe"
)
"""Reads and writes of every key, by scripts too, which may do no more, and where in a cluster it is. Nobody
lists all keys, empties the cache, or sees other clients."""
NO_ACCESS = "off -@all"


@dataclass(frozen=True, kw_only=True)
class CacheUsersArgs:
    """
    Attributes:
        password_version: a higher one makes another password; the one before it stays valid beside it.
        kms_key_arn: the key that encrypts the secret; None is AWS's own.
        protect: let a deleted secret be restored.
    """

    password_version: int
    kms_key_arn: pulumi.Input[str] | None = None
    protect: bool


class CacheUsers(pulumi.ComponentResource):
    """A user group with the programs' user; the user `default`, whom clients are otherwise, is shut out.

    Two passwords are valid at a time, the present one and the one before. So a new version locks nobody out:
    a program that still has the old one gets in, and reads the secret anew once that is refused.

    Resources: two users, their group, a password for each version and for the user `default`, a secret with
    its value.

    Attributes:
        group_id: of the user group.
        secret_arn: JSON with username, password and user_arn, as AWS's own rotation wants it.
    """

    def __init__(self, name: str, args: CacheUsersArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("blueprint:data:CacheUsers", name, None, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        passwords = self._create_passwords()
        programs = self._create_user(USERNAME, ACCESS, passwords)
        nobody = self._create_user("default", NO_ACCESS, [self._create_password("default")])
        group = aws.elasticache.UserGroup(
            f"{name}-cache",
            engine=ENGINE,
            user_group_id=naming.physical(name, ID_LIMIT),
            user_ids=[programs.user_id, nobody.user_id],
            opts=self._child,
        )
        self.group_id: pulumi.Output[str] = group.user_group_id
        self.secret_arn = self._create_secret(programs, passwords[0])
        self.register_outputs({"group_id": self.group_id, "secret_arn": self.secret_arn})

    def grant_secret(self, role: Role) -> aws.iam.RolePolicy:
        """Let `role` read the user name and password."""
        statement = policy.allow(["secretsmanager:GetSecretValue"], [self.secret_arn])
        statements = [statement, *policy.decrypt(self._args.kms_key_arn)]
        return policy.grant(role, f"secret-{self._name}-cache", statements, self)

    def _create_passwords(self) -> list[pulumi.Output[str]]:
        """The present password and, from the second version on, the one before."""
        present = self._args.password_version
        return [self._create_password(str(version)) for version in range(present, max(present - 2, 0), -1)]

    def _create_password(self, suffix: str) -> pulumi.Output[str]:
        password = random.RandomPassword(
            f"{self._name}-cache-password-{suffix}", length=PASSWORD_LENGTH, special=False, opts=self._child
        )
        return password.result

    def _create_user(
        self, username: str, access: str, passwords: list[pulumi.Output[str]]
    ) -> aws.elasticache.User:
        return aws.elasticache.User(
            f"{self._name}-cache-{username}",
            engine=ENGINE,
            user_id=naming.physical(f"{self._name}-{username}", ID_LIMIT),
            user_name=username,
            access_string=access,
            authentication_mode=pulumi.Output.secret({"type": "password", "passwords": passwords}),
            opts=self._child,
        )

    def _create_secret(self, user: aws.elasticache.User, password: pulumi.Output[str]) -> pulumi.Output[str]:
        secret = aws.secretsmanager.Secret(
            f"{self._name}-cache",
            description=f"The user of the cache {self._name}",
            kms_key_id=self._args.kms_key_arn,
            recovery_window_in_days=30 if self._args.protect else 0,
            opts=self._child,
        )
        value = {"username": USERNAME, "password": password, "user_arn": user.arn}
        aws.secretsmanager.SecretVersion(
            f"{self._name}-cache",
            secret_id=secret.id,
            secret_string=pulumi.Output.json_dumps(value),  # secret, because the password is
            # The user takes a new password before programs read it.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[user]),
        )
        return secret.arn

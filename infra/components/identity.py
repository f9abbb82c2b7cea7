"""Who people are: a user pool with its client."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import pulumi
import pulumi_aws as aws

from infra.components import naming, policy
from infra.components.policy import Role

NAME_LIMIT = 128
GROUPS = ("admin", "support", "courier")
"""Roles, from the most trusted on: a token names them in this order. A customer has none."""

SIGN_IN_FLOWS = ("ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH")
"""Only the shop, by its role, tries passwords: the client's id, which every token names, opens nothing."""


@dataclass(frozen=True, kw_only=True)
class Sender:
    """Who mail to users comes from.

    Attributes:
        address: verified in SES.
        identity_arn: of that address in SES.
    """

    address: pulumi.Input[str]
    identity_arn: pulumi.Input[str]


@dataclass(frozen=True, kw_only=True)
class IdentityArgs:
    """
    Attributes:
        tier: Cognito's feature plan, LITE, ESSENTIALS or PLUS.
        threat_protection: OFF, AUDIT or ENFORCED; needs PLUS.
        mfa: whether codes of an authenticator app are OFF, OPTIONAL or ON.
        password_length: characters at the least.
        access_token_minutes: how long a token is good for, the access token and the one with the user's data.
        refresh_token_days: how long tokens can be renewed without signing in.
        sender: sends the pool's mail by SES; None is Cognito itself, 50 mails a day.
        protect: refuse to be deleted.
    """

    tier: Literal["LITE", "ESSENTIALS", "PLUS"]
    threat_protection: Literal["OFF", "AUDIT", "ENFORCED"]
    mfa: Literal["OFF", "OPTIONAL", "ON"]
    password_length: int
    access_token_minutes: int
    refresh_token_days: int
    protect: bool
    sender: Sender | None = None


class Identity(pulumi.ComponentResource):
    """A Cognito user pool in which people sign in by their e-mail address, and a client for the shop.

    Resources: user pool, client, a group for each role.

    Attributes:
        user_pool_id, user_pool_arn: of the pool.
        client_id: of the shop; it has no secret, since Cognito asks for the shop's role.
        issuer: whose tokens they are, as the claim `iss` says.
    """

    def __init__(self, name: str, args: IdentityArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("blueprint:edge:Identity", name, None, opts)
        self._name = name
        self._child = pulumi.ResourceOptions(parent=self)
        pool = self._create_pool(args)
        self.user_pool_id = pool.id
        self.user_pool_arn = pool.arn
        self.client_id = self._create_client(args).id
        self.issuer = pulumi.Output.concat("https://", pool.endpoint)
        self._password_length = args.password_length
        self._create_groups()
        self.register_outputs({"issuer": self.issuer, "client_id": self.client_id})

    @property
    def environment(self) -> Mapping[str, pulumi.Input[str]]:
        """How a program reaches the pool, and tells its tokens from others."""
        return {
            "IDENTITY_POOL_ID": self.user_pool_id,
            "IDENTITY_CLIENT_ID": self.client_id,
            "IDENTITY_ISSUER": self.issuer,
            "IDENTITY_KEYS_URL": pulumi.Output.concat(self.issuer, "/.well-known/jwks.json"),
            "IDENTITY_PASSWORD_LENGTH": str(self._password_length),
        }

    def grant_sign_in(self, role: Role) -> aws.iam.RolePolicy:
        """Let `role` sign people in by their passwords; the other calls of the shop ask for no permission."""
        statement = policy.allow(["cognito-idp:AdminInitiateAuth"], [self.user_pool_arn])
        return policy.grant(role, f"sign-in-{self._name}", [statement], self)

    def _create_pool(self, args: IdentityArgs) -> aws.cognito.UserPool:
        return aws.cognito.UserPool(
            self._name,
            name=naming.physical(self._name, NAME_LIMIT),
            user_pool_tier=args.tier,
            user_pool_add_ons={"advanced_security_mode": args.threat_protection},
            username_attributes=["email"],
            username_configuration={"case_sensitive": False},
            auto_verified_attributes=["email"],
            # A new address counts once it is confirmed; until then the old one stays in force.
            user_attribute_update_settings={"attributes_require_verification_before_updates": ["email"]},
            account_recovery_setting={"recovery_mechanisms": [{"name": "verified_email", "priority": 1}]},
            password_policy={
                # Long and free of rules on its letters, as NIST SP 800-63B advises.
                "minimum_length": args.password_length,
                "require_lowercase": False,
                "require_numbers": False,
                "require_symbols": False,
                "require_uppercase": False,
                "temporary_password_validity_days": 7,
            },
            mfa_configuration=args.mfa,
            software_token_mfa_configuration=None if args.mfa == "OFF" else {"enabled": True},
            email_configuration=_email(args.sender),
            deletion_protection="ACTIVE" if args.protect else "INACTIVE",
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect),
        )

    def _create_client(self, args: IdentityArgs) -> aws.cognito.UserPoolClient:
        return aws.cognito.UserPoolClient(
            f"{self._name}-storefront",
            name=naming.physical(f"{self._name}-storefront", NAME_LIMIT),
            user_pool_id=self.user_pool_id,
            generate_secret=False,
            explicit_auth_flows=list(SIGN_IN_FLOWS),
            prevent_user_existence_errors="ENABLED",  # a wrong password and an unknown address look alike
            enable_token_revocation=True,
            access_token_validity=args.access_token_minutes,
            id_token_validity=args.access_token_minutes,
            refresh_token_validity=args.refresh_token_days,
            token_validity_units={
                "access_token": "minutes",
                "id_token": "minutes",
                "refresh_token": "days",
            },
            opts=self._child,
        )

    def _create_groups(self) -> None:
        for precedence, group in enumerate(GROUPS, start=1):
            aws.cognito.UserGroup(
                f"{self._name}-{group}",
                name=group,
                description=f"Role {group} of the shop",
                user_pool_id=self.user_pool_id,
                precedence=precedence,
                opts=self._child,
            )


def _email(sender: Sender | None) -> aws.cognito.UserPoolEmailConfigurationArgsDict:
    if sender is None:
        return {"email_sending_account": "COGNITO_DEFAULT"}
    return {
        "email_sending_account": "DEVELOPER",
        "from_email_address": sender.address,
        "source_arn": sender.identity_arn,
    }

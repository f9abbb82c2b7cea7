"""Who the shop's mail comes from."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.components import policy
from infra.components.policy import Role


@dataclass(frozen=True, kw_only=True)
class EmailIdentityArgs:
    """
    Attributes:
        sender: the address; its owner must answer the mail by which SES verifies it.
    """

    sender: str


class EmailIdentity(pulumi.ComponentResource):
    """A sender that SES accepts.

    Resources: identity.

    Attributes:
        sender: the address.
        arn: of the identity.
    """

    def __init__(
        self, name: str, args: EmailIdentityArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("blueprint:email:EmailIdentity", name, None, opts)
        self._resource = aws.sesv2.EmailIdentity(
            name, email_identity=args.sender, opts=pulumi.ResourceOptions(parent=self)
        )
        self.sender = args.sender
        self.arn = self._resource.arn
        self.register_outputs({"sender": self.sender})

    def grant_send(self, role: Role) -> aws.iam.RolePolicy:
        """Let `role` send mail from this address, and no other."""
        statement = policy.allow(["ses:SendEmail"], [self._resource.arn])
        return policy.grant(role, "send-email", [statement], self)

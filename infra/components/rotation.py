"""New passwords for databases, from time to time, by a function of ours."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.components import policy
from infra.components.database import Database
from infra.components.function import Function


@dataclass(frozen=True, kw_only=True)
class RotationArgs:
    """
    Attributes:
        function: `lambdas/secret_rotation`.
        days: between two rotations.
        account_id: whose Secrets Manager may call the function.
    """

    function: Function
    days: int
    account_id: pulumi.Input[str]


class Rotation(pulumi.ComponentResource):
    """A schedule by which Secrets Manager has the function replace a database's user and password.

    Two users take turns, so that what a program read a moment ago still works.

    Resources: permission to call the function, permission to draw passwords; a schedule for each database.
    """

    def __init__(self, name: str, args: RotationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("blueprint:data:Rotation", name, None, opts)
        self._args = args
        child = pulumi.ResourceOptions(parent=self)
        self._callable = aws.lambda_.Permission(
            f"{name}-secrets-manager",
            action="lambda:InvokeFunction",
            function=args.function.resource.name,
            qualifier=args.function.qualifier,
            principal="secretsmanager.amazonaws.com",
            source_account=args.account_id,
            opts=child,
        )
        # It draws characters and belongs to no secret: there is no narrower resource.
        draw = policy.allow(["secretsmanager:GetRandomPassword"], ["*"])
        self._drawing = policy.grant(args.function.role, "draw-passwords", [draw], self)
        self.register_outputs({})

    def rotate(self, database: Database) -> None:
        """Rotate the secret of `database`: once when this is deployed, and then on schedule."""
        function = self._args.function
        database.allow_from(function)
        needed = [
            self._callable,
            self._drawing,
            database.grant_rotation(function.role),
            database.secret_value,
            function.security_group,
            database.security_group,
            database.primary,
        ]
        aws.secretsmanager.SecretRotation(
            f"{database.name}-database",
            secret_id=database.secret_arn,
            rotation_lambda_arn=function.arn,
            rotation_rules={"automatically_after_days": self._args.days},
            opts=pulumi.ResourceOptions(parent=self, depends_on=needed),
        )

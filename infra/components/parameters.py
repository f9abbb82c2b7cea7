"""What a service is told at start: its environment, in Parameter Store."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.components import policy
from infra.components.policy import Role


@dataclass(frozen=True, kw_only=True)
class ParametersArgs:
    """
    Attributes:
        path: what every name begins with, such as `/blueprint/dev/shop/`.
        values: by the last part of their names; never a secret.
        region, account_id: where they stand.
    """

    path: str
    values: Mapping[str, pulumi.Input[str]]
    region: str
    account_id: pulumi.Input[str]


class Parameters(pulumi.ComponentResource):
    """Plain parameters below one path.

    Resources: a parameter for each value.

    Attributes:
        path: what every name begins with.
        digest: changes whenever a value does.
    """

    def __init__(self, name: str, args: ParametersArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("blueprint:config:Parameters", name, None, opts)
        self._name = name
        self.path = args.path
        self._arn = pulumi.Output.concat(
            f"arn:aws:ssm:{args.region}:", args.account_id, ":parameter", args.path.rstrip("/")
        )
        for key, value in args.values.items():
            aws.ssm.Parameter(
                f"{name}-{key}",
                name=f"{args.path}{key}",
                type="String",
                value=value,
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.digest = pulumi.Output.json_dumps(args.values, sort_keys=True).apply(_digest)
        self.register_outputs({"path": self.path})

    def grant_read(self, role: Role) -> aws.iam.RolePolicy:
        """Let `role` list the parameters with their values."""
        below = [self._arn, pulumi.Output.concat(self._arn, "/*")]
        statement = policy.allow(["ssm:GetParametersByPath"], below)
        return policy.grant(role, f"read-{self._name}-parameters", [statement], self)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]

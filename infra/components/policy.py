"""IAM documents, and the roles that hold them.

The owner of a thing grants its use: `queue.grant_send(role)` adds one inline policy to the role, so that the
role ends with exactly what its holder uses.
"""

from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.components import naming

Statement = Mapping[str, Any]

ROLE_NAME_LIMIT = 64

_boundary: ContextVar[pulumi.Input[str] | None] = ContextVar("boundary", default=None)


def bound_roles_by(policy_arn: pulumi.Input[str] | None) -> None:
    """Have every role that the running program makes from now on do no more than this policy allows.

    None lets them do what they are granted.
    """
    _boundary.set(policy_arn)


@dataclass(frozen=True, kw_only=True)
class Role:
    """Somebody who can be granted something: an IAM role and the logical name its policies carry."""

    name: str
    resource: aws.iam.Role


@dataclass(frozen=True, kw_only=True)
class Sender:
    """A service of AWS that acts for one resource of ours: SNS for a topic, EventBridge for a rule.

    Attributes:
        service: such as `sns.amazonaws.com`.
        source_arn: of the resource, or a pattern of ARNs. Without it, any account could have the service act.
    """

    service: str
    source_arn: pulumi.Input[str]


def allow(actions: Sequence[str], resources: Sequence[pulumi.Input[str]], **more: object) -> Statement:
    """A statement that allows `actions` on `resources` (ARNs); `more` is the rest, e.g. Condition."""
    return {"Effect": "Allow", "Action": list(actions), "Resource": list(resources), **more}


def admit(sender: Sender, action: str, resource: pulumi.Input[str]) -> Statement:
    """A resource policy's statement that lets `sender` do `action` to `resource`, which the policy is of."""
    return {
        **allow([action], [resource]),
        "Principal": {"Service": sender.service},
        "Condition": {"ArnLike": {"aws:SourceArn": sender.source_arn}},
    }


def decrypt(key_arn: pulumi.Input[str] | None) -> list[Statement]:
    """What it takes to read what that key encrypts, beside the right to; None is AWS's and takes nothing."""
    return [] if key_arn is None else [allow(["kms:Decrypt"], [key_arn])]


def encrypt(key_arn: pulumi.Input[str] | None) -> list[Statement]:
    """What it takes to write, likewise; what is written in parts is read back."""
    return [] if key_arn is None else [allow(["kms:Decrypt", "kms:GenerateDataKey"], [key_arn])]


def deny_insecure_transport(action: str, resources: Sequence[pulumi.Input[str]]) -> Statement:
    """A resource policy's statement that refuses `action` to everybody who does not speak TLS."""
    return {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": action,
        "Resource": list(resources),
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def document(*statements: Statement) -> pulumi.Output[str]:
    """The policy document of `statements`, as JSON."""
    return pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": list(statements)})


def service_role(name: str, service: str, description: str, opts: pulumi.ResourceOptions) -> Role:
    """A role that only `service`, such as `lambda.amazonaws.com`, can take on; it may do nothing yet."""
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}}
    role = aws.iam.Role(
        f"{name}-role",
        name=naming.physical(name, ROLE_NAME_LIMIT),
        description=description,
        assume_role_policy=document(trust),
        permissions_boundary=_boundary.get(),
        opts=opts,
    )
    return Role(name=name, resource=role)


def attach(role: Role, policy: str, opts: pulumi.ResourceOptions) -> aws.iam.RolePolicyAttachment:
    """Give `role` the policy of that name which AWS keeps, such as `service-role/AWSLambdaRole`."""
    return aws.iam.RolePolicyAttachment(
        f"{role.name}-{policy.rpartition('/')[2]}",
        role=role.resource.name,
        policy_arn=f"arn:aws:iam::aws:policy/{policy}",
        opts=opts,
    )


def grant(
    role: Role, what: str, statements: Sequence[Statement], owner: pulumi.Resource
) -> aws.iam.RolePolicy:
    """Give `role` an inline policy of `statements`, called by `what` it lets the role do.

    Returns the policy, for those who must wait until it is in force.
    """
    return aws.iam.RolePolicy(
        f"{role.name}-{what}",
        name=what,
        role=role.resource.name,
        policy=document(*statements),
        opts=pulumi.ResourceOptions(parent=owner),
    )

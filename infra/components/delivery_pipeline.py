"""Who deploys the stack without anybody's keys: workflows of a repository on GitHub."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.components import naming, policy
from infra.pipeline import documents
from infra.pipeline.documents import Document, Target

ISSUER = "token.actions.githubusercontent.com"
AUDIENCE = "sts.amazonaws.com"
PATH = "/pipeline/"
"""Of everything here: what the stack's own roles are called never reaches into it."""
PULL_REQUEST = "pull_request"
HOUR = 3_600


@dataclass(frozen=True, kw_only=True)
class DeliveryPipelineArgs:
    """
    Attributes:
        account_id: of the account that is deployed to.
        repository: `owner/name` on GitHub.
        deploys_from: what may deploy, as GitHub's tokens say it: `environment:prod`, `ref:refs/heads/main`.
        target: the stack that is deployed.
        adopt: the account trusts GitHub already, and has a provider for it; there can be but one.
        session_hours: how long a deployment may take, 1 to 12.
    """

    account_id: pulumi.Input[str]
    repository: str
    deploys_from: str
    target: Target
    adopt: bool
    session_hours: int


class DeliveryPipeline(pulumi.ComponentResource):
    """Two roles for workflows on GitHub: one deploys, from where only reviewed changes come; one previews.

    What it deploys cannot change the pipeline itself, nor make a role that may do more than the boundary:
    both are a person's to change. All roles of the stack must be bound by it.

    Resources: OpenID Connect provider (unless adopted), two roles, their policies, the boundary.

    Attributes:
        boundary_arn: what bounds all roles of the stack.
        deploy_role_arn, preview_role_arn: what workflows take on.
    """

    def __init__(
        self, name: str, args: DeliveryPipelineArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("blueprint:operations:DeliveryPipeline", name, None, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        self._provider_arn = self._adopt() if args.adopt else self._create_provider()
        self.boundary_arn = self._create_boundary()
        reading = self._create_policies("read", documents.reading(args.target))
        changing = self._create_policies("change", documents.changing(args.target))
        self.preview_role_arn = self._create_role("preview", PULL_REQUEST, reading)
        self.deploy_role_arn = self._create_role("deploy", args.deploys_from, [*reading, *changing])
        self.register_outputs({})

    def _adopt(self) -> pulumi.Output[str]:
        return pulumi.Output.concat("arn:aws:iam::", self._args.account_id, f":oidc-provider/{ISSUER}")

    def _create_provider(self) -> pulumi.Output[str]:
        return aws.iam.OpenIdConnectProvider(
            self._name, url=f"https://{ISSUER}", client_id_lists=[AUDIENCE], opts=self._child
        ).arn

    def _create_boundary(self) -> pulumi.Output[str]:
        return aws.iam.Policy(
            f"{self._name}-boundary",
            name=documents.boundary_name(),
            path=documents.BOUNDARIES,
            description="The most that any role of the stack may do",
            policy=self._render(documents.boundary()),
            opts=self._child,
        ).arn

    def _create_policies(self, what: str, parts: Sequence[Document]) -> list[aws.iam.Policy]:
        return [
            aws.iam.Policy(
                f"{self._name}-{what}-{number}",
                name=naming.physical(f"{self._name}-{what}-{number}", documents.NAME_LIMIT),
                path=PATH,
                description=f"What the pipeline needs to {what} the stack, part {number}",
                policy=self._render(part),
                opts=self._child,
            )
            for number, part in enumerate(parts, start=1)
        ]

    def _create_role(self, what: str, subject: str, policies: Sequence[aws.iam.Policy]) -> pulumi.Output[str]:
        name = f"{self._name}-{what}"
        claims = {
            f"{ISSUER}:aud": AUDIENCE,
            f"{ISSUER}:sub": f"repo:{self._args.repository}:{subject}",
        }
        trust = {
            "Effect": "Allow",
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Principal": {"Federated": self._provider_arn},
            "Condition": {"StringEquals": claims},
        }
        role = aws.iam.Role(
            name,
            name=naming.physical(name, policy.ROLE_NAME_LIMIT),
            path=PATH,
            description=f"Workflows of {self._args.repository} that {what}",
            assume_role_policy=policy.document(trust),
            max_session_duration=self._args.session_hours * HOUR,
            opts=self._child,
        )
        for number, attached in enumerate(policies, start=1):
            aws.iam.RolePolicyAttachment(
                f"{name}-{number}", role=role.name, policy_arn=attached.arn, opts=self._child
            )
        return role.arn

    def _render(self, document: Document) -> pulumi.Output[str]:
        known = pulumi.Output.from_input(self._args.account_id)
        return known.apply(lambda account_id: documents.render(document, account_id))

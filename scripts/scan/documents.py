"""Every IAM document that a stack would have, in the clear."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pulumi.runtime import MockResourceArgs

from scripts.evaluation.recorder import ACCOUNT, REGION, Answers, Recording, Registered
from scripts.evaluation.stack import evaluate_preset
from scripts.scan.stacks import way

Kind = Literal["identity", "resource", "trust"]

IDENTITY = ("aws:iam/rolePolicy:", "aws:iam/policy:", "aws:iam/userPolicy:", "aws:iam/groupPolicy:")

FIREHOSE = "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream"

HERE = f"{REGION}:{ACCOUNT}"
ARNS: Mapping[str, str] = {
    "aws:backup/vault:Vault": f"arn:aws:backup:{HERE}:backup-vault:{{name}}",
    "aws:cloudfront/distribution:Distribution": f"arn:aws:cloudfront::{ACCOUNT}:distribution/E{{name}}",
    "aws:cloudwatch/eventBus:EventBus": f"arn:aws:events:{HERE}:event-bus/{{name}}",
    "aws:cloudwatch/eventRule:EventRule": f"arn:aws:events:{HERE}:rule/{{name}}",
    "aws:cloudwatch/logGroup:LogGroup": f"arn:aws:logs:{HERE}:log-group:{{name}}",
    "aws:dynamodb/table:Table": f"arn:aws:dynamodb:{HERE}:table/{{name}}",
    "aws:iam/role:Role": f"arn:aws:iam::{ACCOUNT}:role/{{name}}",
    FIREHOSE: f"arn:aws:firehose:{HERE}:deliverystream/{{name}}",
    "aws:kinesis/stream:Stream": f"arn:aws:kinesis:{HERE}:stream/{{name}}",
    "aws:kms/key:Key": f"arn:aws:kms:{HERE}:key/{{name}}",
    "aws:lambda/function:Function": f"arn:aws:lambda:{HERE}:function:{{name}}",
    "aws:msk/serverlessCluster:ServerlessCluster": f"arn:aws:kafka:{HERE}:cluster/{{name}}/1a2b3c4d-5",
    "aws:s3/bucket:Bucket": "arn:aws:s3:::{name}",
    "aws:secretsmanager/secret:Secret": f"arn:aws:secretsmanager:{HERE}:secret:{{name}}-1a2b3c",
    "aws:sesv2/emailIdentity:EmailIdentity": f"arn:aws:ses:{HERE}:identity/{{name}}",
}
"""The shapes of ARNs that are more than `service:region:account:name`, of types that documents name."""


class Addressed(Answers):
    """Answers with ARNs of the shape that they have in AWS: linters hold them against the actions' own."""

    def new_resource(self, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
        """As the mocks of tests do, but for the ARN."""
        identifier, answer = super().new_resource(args)
        arn = ARNS.get(args.typ, "").format(name=answer["name"])
        if args.typ == "aws:kinesis/streamConsumer:StreamConsumer":
            arn = f"{args.inputs['streamArn']}/consumer/{answer['name']}:1"
        return identifier, answer | ({"arn": arn} if arn else {})


@dataclass(frozen=True, kw_only=True)
class Document:
    """A policy document.

    Attributes:
        where: the resource that has it, such as `iam/rolePolicy/api-read-table`.
        kind: whether it says what one may do, who may use a thing, or who may become a role.
        content: the document; of a trust, with the role as its resource.
    """

    where: str
    kind: Kind
    content: Mapping[str, Any]


def of_preset(root: Path, preset: str) -> list[Document]:
    """The documents of a preset. Raises what `evaluate_preset` does."""
    return documents(evaluate_preset(root, preset, Addressed(), **way(preset)).recording)


def documents(recording: Recording) -> list[Document]:
    """Every document of a recorded stack: whatever input of whatever resource is one."""
    return [
        Document(where=_where(resource, key), kind=_kind(resource, key), content=_spelled(resource, content))
        for resource in recording.resources.values()
        for key, value in resource.inputs.items()
        if (content := _parsed(value)) is not None
    ]


def _parsed(value: object) -> Mapping[str, Any] | None:
    if not isinstance(value, str) or '"Statement"' not in value:
        return None
    content = json.loads(value)
    return content if isinstance(content, dict) and "Statement" in content else None


def _where(resource: Registered, key: str) -> str:
    kind = resource.type.removeprefix("aws:").rpartition(":")[0]
    return f"{kind}/{resource.name}" + ("/trust" if key == "assumeRolePolicy" else "")


def _kind(resource: Registered, key: str) -> Kind:
    if key == "assumeRolePolicy":
        return "trust"
    return "identity" if resource.type.startswith(IDENTITY) else "resource"


def _spelled(resource: Registered, content: Mapping[str, Any]) -> Mapping[str, Any]:
    """A role's trust is about the role without saying so; linters miss the resource."""
    if resource.type != "aws:iam/role:Role":
        return content
    own = {"Resource": ARNS[resource.type].format(name=resource.name)}
    return {**content, "Statement": [{**own, **statement} for statement in content["Statement"]]}

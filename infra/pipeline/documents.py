"""Policy documents from the list of actions: pure, so that their size is known before any resource exists."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from infra.components import naming
from infra.pipeline import actions
from infra.pipeline.actions import service

Statement = Mapping[str, Any]
Document = Mapping[str, Any]

SIZE_LIMIT = 6_144
"""Characters of a managed policy without spaces, from IAM's quotas."""
COUNT_LIMIT = 10
"""Managed policies that a role has, unless AWS has raised the quota."""
ACCOUNT = "{account}"
"""Stands for the account's number, which is not known yet, and as long as it is not."""
UNKNOWN_DIGITS = 12 - len(ACCOUNT)

BOUNDARIES = "/pipeline/boundaries/"
"""Path of the policy that bounds roles."""
NAME_LIMIT = 128
"""Of a policy."""

BOUNDED = ("iam:AttachRolePolicy", "iam:CreateRole", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy")
"""What would let a pipeline make a role that may do more than itself."""
PASS, LINK = "iam:PassRole", "iam:CreateServiceLinkedRole"


@dataclass(frozen=True, kw_only=True)
class Target:
    """The stack that is deployed.

    Attributes:
        parameters: path that its parameters' names begin with.
        regions: where its resources are.
        tags: that its resources carry.
        state_bucket: name of the bucket with Pulumi's state, where that is where it is.
        secrets_key_arn: the key that encrypts secrets in that state.
    """

    parameters: str
    regions: Sequence[str]
    tags: Mapping[str, str]
    state_bucket: str | None = None
    secrets_key_arn: str | None = None


def reading(target: Target) -> list[Document]:
    """What lets a pipeline preview: it reads how things are, but no data and no secret."""
    listed = actions.load()
    scoped = {**listed.arns, **listed.readable}
    return _split([*_scoped(listed.reading, scoped, target), *_state(target, write=False)])


def changing(target: Target) -> list[Document]:
    """What lets a pipeline deploy, beside reading."""
    listed = actions.load()
    special = {PASS, *BOUNDED}
    plain = [action for action in listed.writing if action not in special]
    return _split([*_scoped(plain, listed.arns, target), *_roles(target), *_state(target, write=True)])


def boundary() -> Document:
    """What roles of the stack can do at most: use the services that workloads use, and never IAM."""
    return _document([_allow([f"{name}:*" for name in actions.load().workloads], ["*"])])


def boundary_name() -> str:
    """What the policy is called that bounds roles of the stack."""
    return naming.physical("boundary", NAME_LIMIT)


def render(document: Document, account_id: str) -> str:
    """The document as IAM takes it."""
    return _compact(document).replace(ACCOUNT, account_id)


def size(document: Document) -> int:
    """Characters of the document once the account is known."""
    text = _compact(document)
    return len(text) + text.count(ACCOUNT) * UNKNOWN_DIGITS


def _scoped(allowed: Sequence[str], arns: Mapping[str, Sequence[str]], target: Target) -> Iterable[Statement]:
    """A statement for each service and each way of holding its actions to something."""
    listed = actions.load()
    for name, group in groupby(allowed, key=service):
        own = list(group)
        tagged = [action for action in own if action in listed.tagged]
        loose = [action for action in own if action not in tagged]
        if name in arns:
            named = [action for action in loose if action not in listed.unscoped]
            loose = [action for action in loose if action in listed.unscoped]
            yield from _some(named, _arns(arns[name], target))
        tags = {f"aws:ResourceTag/{tag}": value for tag, value in target.tags.items()}
        yield from _some(tagged, ["*"], Condition={"StringEquals": tags})
        regions = {"aws:RequestedRegion": list(target.regions)}
        yield from _some(loose, ["*"], Condition={"StringEquals": regions})


def _roles(target: Target) -> list[Statement]:
    listed = actions.load()
    roles = [arn for arn in _arns(listed.arns["iam"], target) if ":role/" in arn]
    linked = [f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/*"]
    return [
        _allow(BOUNDED, roles, Condition={"StringEquals": {"iam:PermissionsBoundary": _boundary_arn()}}),
        _allow([PASS], roles, Condition={"StringEquals": {"iam:PassedToService": list(listed.passed_to)}}),
        _allow([LINK], linked, Condition={"StringEquals": {"iam:AWSServiceName": list(listed.linked)}}),
    ]


def _boundary_arn() -> str:
    return f"arn:aws:iam::{ACCOUNT}:policy{BOUNDARIES}{boundary_name()}"


def _state(target: Target, *, write: bool) -> list[Statement]:
    """Pulumi's own state, where the stack's owner keeps it in a bucket."""
    found: list[Statement] = []
    if target.state_bucket:
        bucket = f"arn:aws:s3:::{target.state_bucket}"
        objects = ["s3:GetObject", *(["s3:DeleteObject", "s3:PutObject"] if write else [])]
        found += [_allow(["s3:ListBucket"], [bucket]), _allow(objects, [f"{bucket}/*"])]
    if target.secrets_key_arn:
        more = ["kms:Encrypt", "kms:GenerateDataKey"] if write else []
        found.append(_allow(["kms:Decrypt", *more], [target.secrets_key_arn]))
    return found


def _split(statements: Iterable[Statement]) -> list[Document]:
    """Documents with all of the statements, in order, each within the limit."""
    documents: list[list[Statement]] = [[]]
    for statement in statements:
        if size(_document([*documents[-1], statement])) > SIZE_LIMIT:
            documents.append([])
        documents[-1].append(statement)
    return [_document(own) for own in documents]


@dataclass(frozen=True, kw_only=True)
class _Names:
    """Fills `{name:64}` by what the stack's names within 64 characters match."""

    instead: Mapping[str, str] = field(default_factory=dict)

    def __format__(self, limit: str) -> str:
        pattern = naming.pattern(int(limit))
        for old, new in self.instead.items():
            pattern = pattern.replace(old, new)
        return pattern


def _arns(patterns: Sequence[str], target: Target) -> list[str]:
    names, snake = _Names(), _Names(instead={"-": "_"})
    path = f"{target.parameters}*"
    return [it.format(name=names, snake=snake, path=path, account=ACCOUNT) for it in patterns]


def _some(allowed: Sequence[str], resources: Sequence[str], **more: object) -> list[Statement]:
    return [_allow(allowed, resources, **more)] if allowed else []


def _allow(allowed: Sequence[str], resources: Sequence[str], **more: object) -> Statement:
    return {"Effect": "Allow", "Action": list(allowed), "Resource": list(resources), **more}


def _document(statements: Sequence[Statement]) -> Document:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _compact(document: Document) -> str:
    return json.dumps(document, separators=(",", ":"))

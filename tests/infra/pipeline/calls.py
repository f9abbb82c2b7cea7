"""What a deployment calls, as the actions that IAM knows these calls by."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from scripts.local.engine.clients import Clients

SERVICES = {"monitoring": "cloudwatch"}
"""Services that IAM calls by another name than signatures do."""

ACTIONS = {
    "cloudfront:CreateDistributionWithTags": ("cloudfront:CreateDistribution", "cloudfront:TagResource"),
    "budgets:CreateBudget": ("budgets:ModifyBudget",),
    "s3:PutBucketCors": ("s3:PutBucketCORS",),
    "s3:PutBucketEncryption": ("s3:PutEncryptionConfiguration",),
    "s3:PutBucketLifecycleConfiguration": ("s3:PutLifecycleConfiguration",),
    "s3:PutPublicAccessBlock": ("s3:PutBucketPublicAccessBlock",),
    "s3:DeleteObjects": ("s3:DeleteObject",),
    "s3:HeadObject": ("s3:GetObject",),
    "s3:ListObjectsV2": ("s3:ListBucket",),
}
"""Calls that IAM knows by another name, or by two."""


@contextmanager
def recorded() -> Iterator[set[str]]:
    """The actions of every call that deployments make in the body."""
    actions: set[str] = set()
    listened: set[int] = set()
    original = Clients.client

    def client(self: Clients, service: str, region: str) -> Any:
        made = original(self, service, region)
        if id(made) not in listened:
            listened.add(id(made))
            made.meta.events.register("before-call", lambda model, **_: actions.update(of_call(model)))
        return made

    with patch.object(Clients, "client", client):
        yield actions


def of_call(model: Any) -> tuple[str, ...]:
    """The actions that a call of this operation is allowed by; `model` is botocore's."""
    signed = model.service_model.signing_name
    service = SERVICES.get(signed, signed)
    if service == "apigateway":  # whose actions are HTTP's verbs
        return (f"apigateway:{model.http['method']}",)
    called = f"{service}:{model.name}"
    return ACTIONS.get(called, (called,))

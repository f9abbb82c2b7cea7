"""No IAM document of a stack is overlooked, and each is read as AWS would read it."""

import json
from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from scripts.evaluation.recorder import Recording, record
from scripts.scan.documents import Addressed, documents
from tests.infra.stacks import ROOT

ALLOW = {"Effect": "Allow", "Action": ["s3:GetObject"]}


def made(*statements: Mapping[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def recorded() -> Recording:
    """A bucket with a policy, and a role that may read it."""

    def program() -> None:
        bucket = aws.s3.Bucket("site", bucket="shop-site")
        aws.s3.BucketPolicy("site", bucket=bucket.bucket, policy=made({**ALLOW, "Resource": "*"}))
        trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}
        role = aws.iam.Role("shop", assume_role_policy=made(trust))
        policy = pulumi.Output.json_dumps(
            {"Version": "2012-10-17", "Statement": [{**ALLOW, "Resource": bucket.arn.apply("{}/*".format)}]}
        )
        aws.iam.RolePolicy("shop-read", role=role.name, policy=policy)

    return record(program, mocks=Addressed())


def test_documents_are_told_apart_by_what_they_are_about() -> None:
    kinds = {it.where: it.kind for it in documents(recorded())}
    assert kinds == {
        "s3/bucketPolicy/site": "resource",
        "iam/role/shop/trust": "trust",
        "iam/rolePolicy/shop-read": "identity",
    }


def test_arns_have_the_shape_that_they_have_in_aws() -> None:
    (identity,) = [it for it in documents(recorded()) if it.kind == "identity"]
    assert identity.content["Statement"][0]["Resource"] == "arn:aws:s3:::shop-site/*"


def test_a_trust_is_about_its_role() -> None:
    (trust,) = [it for it in documents(recorded()) if it.kind == "trust"]
    assert trust.content["Statement"][0]["Resource"] == "arn:aws:iam::123456789012:role/shop"


def test_every_document_of_the_program_is_found(everything: Recording) -> None:
    found = {it.where for it in documents(everything)}
    policies = {f"iam/rolePolicy/{it.name}" for it in everything.of("iam/rolePolicy:RolePolicy")}
    trusts = {f"iam/role/{it.name}/trust" for it in everything.of("iam/role:Role")}
    keys = {f"kms/key/{it.name}" for it in everything.of("kms/key:Key")}
    assert policies
    assert keys
    assert found >= policies | trusts | keys
    for kind in ("s3/bucketPolicy", "sqs/queuePolicy", "sns/topicPolicy", "ec2/vpcEndpoint"):
        assert any(it.startswith(f"{kind}/") for it in found), kind


def test_probes_import_nothing_of_the_project() -> None:
    """They run where only the scanners are."""
    probes = sorted((ROOT / "scripts" / "scan" / "probes").glob("*_documents.py"))
    assert len(probes) == 2
    for probe in probes:
        assert "from scripts" not in probe.read_text(), probe

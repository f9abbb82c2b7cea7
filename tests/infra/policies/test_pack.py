"""The pack as Pulumi's engine meets it: a process that answers by gRPC."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import grpc
import pytest
import yaml
from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime import proto
from pulumi.runtime.proto import analyzer_pb2_grpc

import infra.policies
from infra.policies.pack import NAME, POLICIES
from infra.policies.reference import page
from infra.policies.resource_types import BUCKET, LAUNCH_TEMPLATE, QUEUE
from tests.infra.stacks import ROOT

FOLDER = Path(infra.policies.__file__).parent
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""What stands for a text that a preview does not know yet."""


@pytest.fixture(scope="module")
def engine() -> Iterator[analyzer_pb2_grpc.AnalyzerStub]:
    """A connection to the pack, started as Pulumi starts it: by its folder, first on Python's path."""
    command = [sys.executable, "-u", str(FOLDER)]
    with subprocess.Popen(command, cwd=FOLDER, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            port = int(process.stdout.readline())
            with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
                yield analyzer_pb2_grpc.AnalyzerStub(channel)
        finally:
            process.terminate()


def struct(values: Mapping[str, Any]) -> struct_pb2.Struct:
    return json_format.ParseDict(dict(values), struct_pb2.Struct())


def analyze(engine: analyzer_pb2_grpc.AnalyzerStub, type_: str, **props: Any) -> set[tuple[str, str]]:
    """Policies broken by a resource that is tagged by its provider, and the last line of what they say."""
    tags = {"Project": "blueprint", "Stack": "dev", "Stage": "dev"}
    provider = proto.AnalyzerProviderResource(
        type="pulumi:providers:aws",
        properties=struct({"defaultTags": json.dumps({"tags": tags})}),
        urn="urn:provider",
        name="aws",
    )
    request = proto.AnalyzeRequest(
        type=type_, properties=struct(props), urn="urn:subject", name="subject", provider=provider
    )
    answer = engine.Analyze(request)
    return {(it.policyName, it.message.rpartition("\n")[2]) for it in answer.diagnostics}


def test_the_engine_learns_of_every_policy(engine: analyzer_pb2_grpc.AnalyzerStub) -> None:
    info = engine.GetAnalyzerInfo(empty_pb2.Empty())
    assert info.name == NAME
    assert {it.name for it in info.policies} == {policy.name for policy in POLICIES}


def test_a_mandatory_violation_stops_the_engine(engine: analyzer_pb2_grpc.AnalyzerStub) -> None:
    request = proto.AnalyzeRequest(type=QUEUE, urn="urn:subject", name="subject", properties=struct({}))
    found = {it.policyName: it.enforcementLevel for it in engine.Analyze(request).diagnostics}
    assert found == {"queue-encrypted": proto.MANDATORY, "tags-present": proto.MANDATORY}


def test_a_resource_that_keeps_every_policy_passes(engine: analyzer_pb2_grpc.AnalyzerStub) -> None:
    assert analyze(engine, QUEUE, sqsManagedSseEnabled=True) == set()


def test_what_is_not_known_yet_is_not_judged(engine: analyzer_pb2_grpc.AnalyzerStub) -> None:
    assert analyze(engine, QUEUE, kmsMasterKeyId=UNKNOWN) == set()


def test_a_stack_is_judged_as_a_whole(engine: analyzer_pb2_grpc.AnalyzerStub) -> None:
    bucket = proto.AnalyzerResource(
        type=BUCKET, urn="urn:site", name="site", properties=struct({"bucket": UNKNOWN})
    )
    block = proto.AnalyzerResource(
        type="aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        urn="urn:block",
        name="block",
        properties=struct({"bucket": UNKNOWN, "blockPublicAcls": True}),
    )
    block.propertyDependencies["bucket"].urns.append("urn:site")
    answer = engine.AnalyzeStack(proto.AnalyzeStackRequest(resources=[bucket, block]))
    found = {it.policyName: it.message.rpartition("\n")[2] for it in answer.diagnostics}
    assert found["bucket-access-blocked"] == (
        "its public access block leaves blockPublicPolicy, ignorePublicAcls, restrictPublicBuckets off."
    )
    assert {it.urn for it in answer.diagnostics} == {"urn:site"}


def test_users_change_options(engine: analyzer_pb2_grpc.AnalyzerStub) -> None:
    props = {
        "instanceType": "t4g.small",
        "metadataOptions": {"httpTokens": "required", "httpPutResponseHopLimit": 1},
        "blockDeviceMappings": [{"deviceName": "/dev/xvda", "ebs": {"encrypted": "true"}}],
    }
    assert analyze(engine, LAUNCH_TEMPLATE, **props) == set()
    config = {"instance-types-allowed": proto.PolicyConfig(enforcementLevel=proto.MANDATORY)}
    config["instance-types-allowed"].properties.update({"instanceTypes": ["m7g.*"]})
    engine.Configure(proto.ConfigureAnalyzerRequest(policyConfig=config))
    try:
        expected = {("instance-types-allowed", "`t4g.small` is not an allowed type.")}
        assert analyze(engine, LAUNCH_TEMPLATE, **props) == expected
    finally:
        engine.Configure(proto.ConfigureAnalyzerRequest())


def test_no_module_of_the_pack_hides_one_of_python() -> None:
    """Pulumi puts the pack's folder before everything else on Python's path."""
    assert {path.stem for path in FOLDER.glob("*.py")} & set(sys.stdlib_module_names) == set()


def test_the_pack_runs_in_the_environment_of_the_program() -> None:
    pack = yaml.safe_load((FOLDER / "PulumiPolicy.yaml").read_text())["runtime"]["options"]
    program = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["runtime"]["options"]
    assert (FOLDER / pack["virtualenv"]).resolve() == (ROOT / program["virtualenv"]).resolve()


def test_the_reference_is_up_to_date() -> None:
    written = (ROOT / "docs/reference/policies.md").read_text()
    assert written == page(), "run: python -m infra.policies.reference > docs/reference/policies.md"

"""Policy documents of the pipeline: what holds them, and that they fit into IAM."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from infra.components import naming
from infra.pipeline import documents
from infra.pipeline.documents import COUNT_LIMIT, SIZE_LIMIT
from scripts.evaluation.recorder import Recording, Registered, record
from tests.infra.conftest import Stacks
from tests.infra.stacks import EVERYTHING, evaluate

DEPLOY, PREVIEW = "pipeline-deploy", "pipeline-preview"


def policies(recording: Recording, role: str) -> list[Registered]:
    """The policies that are attached to a role, in order."""
    attached = [it for it in recording.of("RolePolicyAttachment") if it.name.startswith(f"{role}-")]
    arns = {it.inputs["policyArn"] for it in attached}
    found = [it for it in recording.of("iam/policy:Policy") if f":{it.inputs['name']}" in str(arns)]
    assert len(found) == len(attached)
    return found


def statements(recording: Recording, role: str = DEPLOY) -> Iterator[dict[str, Any]]:
    for policy in policies(recording, role):
        yield from policy.json("policy")["Statement"]


def test_each_policy_and_their_number_stay_within_iams_limits_for_the_longest_names(dist: Path) -> None:
    recording = evaluate(EVERYTHING, dist, project="a" * 40, stack="b" * 20)
    for role in (DEPLOY, PREVIEW):
        assert 0 < len(policies(recording, role)) <= COUNT_LIMIT
    sizes = [len(it.inputs["policy"]) for it in recording.of("iam/policy:Policy")]
    assert max(sizes) <= SIZE_LIMIT


def test_the_size_is_known_before_the_account_is() -> None:
    document = {"Statement": [{"Resource": [f"arn:aws:sqs:*:{documents.ACCOUNT}:a"]}]}
    assert documents.size(document) == len(documents.render(document, "123456789012"))


def test_the_stacks_names_match_the_patterns_that_its_roles_are_held_to(dist: Path) -> None:
    """Names that do not fit end in a hash, which a pattern of the whole prefix would miss."""
    for project, stack in (("blueprint", "everything"), ("a" * 40, "b" * 20)):
        recording = evaluate(EVERYTHING, dist, project=project, stack=stack)
        passing = next(it for it in statements(recording) if it["Action"] == ["iam:PassRole"])
        (pattern,) = passing["Resource"]
        prefix = pattern.partition(":role/")[2].removesuffix("*")
        own = [it for it in recording.of("iam/role:Role") if "path" not in it.inputs]
        assert own
        assert all(it.inputs["name"].startswith(prefix) for it in own)
        assert len(prefix) > 50 or prefix == "blueprint-everything-"


def test_a_role_is_made_and_given_rights_only_within_the_boundary(stacks: Stacks) -> None:
    recording = stacks.get("everything")
    bound = [it for it in statements(recording) if "iam:CreateRole" in it["Action"]]
    boundary = "arn:aws:iam::123456789012:policy/pipeline/boundaries/blueprint-everything-boundary"
    assert [it["Condition"] for it in bound] == [{"StringEquals": {"iam:PermissionsBoundary": boundary}}]
    assert {"iam:AttachRolePolicy", "iam:PutRolePolicy", "iam:PutRolePermissionsBoundary"} <= {
        *bound[0]["Action"]
    }
    made = recording.one("iam/policy:Policy", "pipeline-boundary").inputs
    assert boundary.endswith(f":policy{made['path']}{made['name']}")


def test_every_role_of_the_stack_but_the_pipelines_own_is_bound(stacks: Stacks) -> None:
    recording = stacks.get("everything")
    boundary = recording.one("iam/policy:Policy", "pipeline-boundary").urn
    for role in recording.of("iam/role:Role"):
        own = role.inputs.get("path") == "/pipeline/"
        assert ("permissionsBoundary" in role.inputs) is not own, role.name
        assert own or boundary in role.uses["permissionsBoundary"]


def test_the_pipeline_can_change_neither_itself_nor_its_boundary(stacks: Stacks) -> None:
    """Their path is one that the names of the stack's roles never reach into."""
    for statement in statements(stacks.get("everything")):
        of_iam = [it for it in statement["Action"] if it.startswith("iam:")]
        changing = [it for it in of_iam if not it.startswith(("iam:Get", "iam:List"))]
        assert all("Role" in it or "InstanceProfile" in it for it in changing)
        if changing and changing != ["iam:CreateServiceLinkedRole"]:
            assert not [it for it in statement["Resource"] if "/pipeline/" in it or it.endswith("/*")]


def test_what_no_name_and_no_tag_tells_apart_is_held_to_the_stacks_regions(stacks: Stacks) -> None:
    everywhere = [it for it in statements(stacks.get("everything")) if it["Resource"] == ["*"]]
    conditions = {json.dumps(it["Condition"]) for it in everywhere}
    regions = {"StringEquals": {"aws:RequestedRegion": ["us-east-1", "us-west-2"]}}
    tags = {"StringEquals": {"aws:ResourceTag/Project": "blueprint", "aws:ResourceTag/Stack": "everything"}}
    assert conditions == {json.dumps(regions), json.dumps(tags)}


def test_a_preview_reads_the_state_and_writes_none(stacks: Stacks) -> None:
    recording = stacks.get("everything")
    bucket = "arn:aws:s3:::acme-pulumi-state/*"
    objects = {role: actions_on(recording, role, bucket) for role in (DEPLOY, PREVIEW)}
    assert objects[PREVIEW] == {"s3:GetObject"}
    assert objects[DEPLOY] == {"s3:DeleteObject", "s3:GetObject", "s3:PutObject"}


def actions_on(recording: Recording, role: str, resource: str) -> set[str]:
    """The actions that a role may do to that very resource."""
    found = [it for it in statements(recording, role) if it["Resource"] == [resource]]
    return {action for it in found for action in it["Action"]}


def test_a_pattern_keeps_the_whole_prefix_where_a_name_can() -> None:
    found: dict[int, tuple[str, str]] = {}

    def program() -> None:
        for limit in (32, 64):
            found[limit] = naming.pattern(limit), naming.physical("x", limit)

    record(program, project="a" * 30)
    assert found[64][0] == f"{'a' * 30}-dev-*"
    for pattern, name in found.values():
        assert name.startswith(pattern.removesuffix("*"))

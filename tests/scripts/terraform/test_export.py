"""A folder that Terraform reads: two components as they always were, and what is refused."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pulumi
import pulumi_aws as aws
import pytest

from infra.components import naming, policy
from infra.components.bucket import Bucket, BucketArgs
from infra.components.queue import Queue, QueueArgs
from scripts.evaluation.recorder import record
from scripts.terraform import schema
from scripts.terraform.configuration import Configuration
from scripts.terraform.errors import ExportError
from scripts.terraform.export import MARK, TERRAFORM, Export
from scripts.terraform.placeholders import Placeholders
from tests.infra.stacks import build

ROOT = Path(__file__).parents[3]
GOLDEN = Path(__file__).with_name("golden")


def exported(program: Callable[[], object]) -> Configuration:
    placeholders = Placeholders()
    return Configuration.of(record(program, mocks=placeholders), placeholders)


def bucket() -> None:
    naming.begin_with("blueprint")
    account_id = aws.get_caller_identity_output().account_id
    owner = Bucket("photos", BucketArgs(account_id=account_id, protect=True, expires_days=30))
    role = policy.service_role("reader", "lambda.amazonaws.com", "Reads", pulumi.ResourceOptions())
    owner.grant_read(role, "thumbnails/")
    pulumi.export("bucket", owner.name)


def queue() -> None:
    naming.begin_with("blueprint")
    args = QueueArgs(visibility_timeout=60, max_receives=3, retention_days=4)
    work = Queue("work", args)
    pulumi.export("urls", {"work": work.url})


@pytest.mark.parametrize(("program", "file"), [(bucket, "bucket-photos"), (queue, "queue-work")])
def test_a_component_is_written_as_it_always_was(program: Callable[[], object], file: str) -> None:
    """After a meant change, write what is printed into the golden file."""
    written = json.dumps(exported(program).files[file], indent=2) + "\n"
    assert written == (GOLDEN / f"{file}.tf.json").read_text(), written


def test_outputs_and_lookups_are_references() -> None:
    files = exported(bucket).files
    assert files["outputs"]["output"] == {"bucket": {"value": "${aws_s3_bucket.photos.bucket}"}}
    assert files["lookups"]["data"] == {"aws_caller_identity": {"aws": {}}}


def test_an_export_wants_the_provider_that_its_arguments_are_from_or_the_next() -> None:
    """They are those of 5.100, by the extract of its schema, and of 6, by the types of the SDK."""
    [(least, below)] = re.findall(r'version = ">= ([\d.]+), < ([\d.]+)"', TERRAFORM)
    assert least == schema.load().version == "5.100.0"
    assert below == "7.0.0"


class Broken(pulumi.ComponentResource):
    """A component whose queue is wrong."""

    def __init__(self, type_: str, inputs: dict[str, object], opts: pulumi.ResourceOptions) -> None:
        super().__init__("blueprint:test:Broken", "it")
        opts = pulumi.ResourceOptions.merge(pulumi.ResourceOptions(parent=self), opts)
        pulumi.CustomResource(type_, "inner", inputs, opts)


@pytest.mark.parametrize(
    ("type_", "inputs", "message"),
    [
        ("aws:sqs/queue:Queue", {"colour": "red"}, "colour is no argument that provider 5.100 knows"),
        ("aws:sqs/queue:Queue", {"name": ["a"]}, "name is a list, a string is wanted"),
        ("aws:sqs/queuePolicy:QueuePolicy", {"policy": "{}"}, "queue_url must be given"),
    ],
)
def test_a_broken_program_is_an_error_that_names_resource_and_component(
    type_: str, inputs: dict[str, object], message: str
) -> None:
    with pytest.raises(ExportError) as caught:
        exported(lambda: Broken(type_, inputs, pulumi.ResourceOptions()))
    assert str(caught.value).startswith(f"inner ({type_}) in Broken it: {message}")


def test_changes_that_terraform_cannot_ignore_are_an_error() -> None:
    opts = pulumi.ResourceOptions(ignore_changes=["tags.colour"])
    with pytest.raises(ExportError, match=r"in Broken it: changes of tags\.colour cannot be ignored"):
        exported(lambda: Broken("aws:sqs/queue:Queue", {}, opts))


def test_a_type_that_nobody_knows_is_an_error() -> None:
    with pytest.raises(ExportError, match=r"inner \(aws:moon/base:Base\): no Terraform type is known for it"):
        exported(lambda: Broken("aws:moon/base:Base", {}, pulumi.ResourceOptions()))


def test_a_literal_secret_becomes_a_variable() -> None:
    def program() -> None:
        inputs = {"secretId": "it", "secretString": pulumi.Output.secret("hunter2")}
        pulumi.CustomResource("aws:secretsmanager/secretVersion:SecretVersion", "token", inputs)

    configuration = exported(program)
    assert configuration.variables == ("token_secretstring",)
    assert "hunter2" not in json.dumps([*configuration.files.values()])


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text("name: blueprint\nmain: infra/\nruntime: python\n")
    (tmp_path / "Pulumi.it.yaml").write_text(
        "config:\n  aws:region: eu-west-1\n  blueprint:preset: single\n  blueprint:stage: dev\n"
    )
    return tmp_path


def test_an_export_takes_the_place_of_an_earlier_one(project: Path) -> None:
    export, folder = Export.of_stack(project, "it"), project / "out"
    export.write(folder)
    (folder / "old.tf.json").write_text(f'{{"//": "{MARK}."}}')
    (folder / "own.tfvars").write_text("kept = true\n")
    export.write(folder)
    assert {it.name for it in folder.glob("*.tf.json")} == {
        f"{it}.tf.json" for it in export.configuration.files
    }
    assert (folder / "own.tfvars").exists()
    assert not (folder / "artifacts").exists()


def test_what_is_built_lies_beside_the_configuration(project: Path) -> None:
    build(project / "dist" / "arm64")
    Export.of_stack(project, "it").write(project / "out")
    sources = {
        block["source"].replace("${path.module}", str(project / "out"))
        for block in json.loads((project / "out/artifacts-artifacts.tf.json").read_text())["resource"][
            "aws_s3_object"
        ].values()
    }
    assert all(Path(source).is_file() for source in sources)


@pytest.mark.parametrize("name", ["terraform.tf", "main.tf.json"])
def test_a_folder_with_somebody_elses_configuration_is_left_alone(project: Path, name: str) -> None:
    export = Export.of_stack(project, "it")
    foreign = project / "out" / name
    foreign.parent.mkdir()
    foreign.write_text("{}")
    with pytest.raises(ExportError, match=rf"{name} is not from an earlier export\. Name another folder"):
        export.write(foreign.parent)
    assert foreign.read_text() == "{}"


def test_a_folder_that_cannot_be_written_is_an_error(project: Path) -> None:
    with pytest.raises(ExportError, match=r"cannot write .*Pulumi\.yaml"):
        Export.of_stack(project, "it").write(project / "Pulumi.yaml")


@pytest.mark.parametrize("choice", [(), ("--stack", "dev", "--preset", "single")])
def test_the_command_wants_either_a_stack_or_a_preset(tmp_path: Path, choice: tuple[str, ...]) -> None:
    command = [sys.executable, "-m", "scripts.cli", "terraform", "export", "-o", str(tmp_path), *choice]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert result.returncode == 1
    assert result.stderr == "error: Name either a stack, by --stack, or a preset, by --preset.\n"

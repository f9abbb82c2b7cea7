"""Whole deployments of small programs: what comes out, and what is said when something is wrong."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest

from scripts.local.engine import EngineError, registry
from scripts.local.engine.registry import creates
from scripts.project import ProjectError
from tests.scripts.local.aws.clients import clients_of
from tests.scripts.local.engine.conftest import Deploy


def test_what_a_program_registers_is_in_aws_and_its_outputs_come_back(
    deployed: Deploy, aws: Callable[[str], Any]
) -> None:
    deployment = deployed(
        """
        dead = aws.sqs.Queue("dead", name="dead")
        redrive = pulumi.Output.json_dumps({"deadLetterTargetArn": dead.arn, "maxReceiveCount": 3})
        queue = aws.sqs.Queue("orders", name="orders", redrive_policy=redrive)
        pulumi.export("url", queue.url)
        pulumi.export("arns", [queue.arn, dead.arn])
        """
    )

    url = deployment.outputs["url"]
    attributes = aws("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert deployment.outputs["arns"] == [
        attributes["QueueArn"],
        "arn:aws:sqs:us-east-1:123456789012:dead",
    ]
    assert "arn:aws:sqs:us-east-1:123456789012:dead" in attributes["RedrivePolicy"]


def test_a_deployment_says_what_it_made_and_how_long_each_took(deployed: Deploy) -> None:
    heard: list[tuple[str, str, float]] = []

    deployment = deployed(
        """
        class Pair(pulumi.ComponentResource):
            def __init__(self, name):
                super().__init__("test:index:Pair", name)
                options = pulumi.ResourceOptions(parent=self)
                aws.sns.Topic(f"{name}-a", opts=options)
                aws.sns.Topic(f"{name}-b", opts=options)
                self.register_outputs({})

        Pair("pair")
        aws.cloudwatch.LogGroup("log")
        """,
        on_resource=lambda *resource: heard.append(resource),
    )

    assert deployment.resources == 3
    assert deployment.types == {"aws:sns/topic:Topic": 2, "aws:cloudwatch/logGroup:LogGroup": 1}
    assert {name for _, name, _ in heard} == {"pair-a", "pair-b", "log"}
    assert all(0 < resource.seconds < deployment.seconds for resource in deployment.created)


def test_deployments_follow_each_other_in_one_process(deployed: Deploy) -> None:
    first = deployed('pulumi.export("topic", aws.sns.Topic("first", name="first").name)')
    second = deployed('pulumi.export("topic", aws.sns.Topic("second", name="second").name)')

    assert (first.outputs, first.resources) == ({"topic": "first"}, 1)
    assert (second.outputs, second.resources) == ({"topic": "second"}, 1)


def test_secrets_are_hidden_in_the_outputs_and_whole_in_aws(
    deployed: Deploy, aws: Callable[[str], Any]
) -> None:
    deployment = deployed(
        """
        password = random.RandomPassword("password", length=20, special=False)
        secret = aws.secretsmanager.Secret("secret", name="database")
        text = pulumi.Output.json_dumps({"password": password.result})
        version = aws.secretsmanager.SecretVersion("value", secret_id=secret.id, secret_string=text)
        pulumi.export("drawn", password.result)
        pulumi.export("stored", version.secret_string)
        pulumi.export("name", secret.name)
        """
    )

    stored = aws("secretsmanager").get_secret_value(SecretId="database")["SecretString"]
    assert len(stored) == len('{"password": ""}') + 20
    assert deployment.outputs == {"drawn": "[secret]", "stored": "[secret]", "name": "database"}


def test_the_settings_of_the_stack_reach_the_program(deployed: Deploy, project: Path) -> None:
    (project / "Pulumi.local.yaml").write_text(
        "config:\n  aws:region: eu-west-1\n  shop:size: 3\n  zones: [a, b]\n  shop:section: {nat: single}\n"
    )

    outputs = deployed(
        """
        config = pulumi.Config()
        pulumi.export("size", config.require_int("size"))
        pulumi.export("zones", config.require_object("zones"))
        pulumi.export("section", config.require_object("section"))
        pulumi.export("region", aws.get_region().region)
        pulumi.export("stack", f"{pulumi.get_project()}/{pulumi.get_stack()}")
        """
    ).outputs

    assert outputs == {
        "size": 3,
        "zones": ["a", "b"],
        "section": {"nat": "single"},
        "region": "eu-west-1",
        "stack": "shop/local",
    }


def test_a_provider_decides_the_region_and_the_default_tags_of_its_resources(
    deployed: Deploy, endpoint: str
) -> None:
    deployed(
        """
        tags = {"Project": "shop", "Stage": "dev"}
        europe = aws.Provider("europe", region="eu-west-1", default_tags={"tags": tags})
        options = pulumi.ResourceOptions(provider=europe)
        aws.sqs.Queue("tagged", name="tagged", tags={"Stage": "prod"}, opts=options)
        """
    )

    sqs = clients_of(endpoint, "eu-west-1")("sqs")
    url = sqs.get_queue_url(QueueName="tagged")["QueueUrl"]
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"Project": "shop", "Stage": "prod"}
    assert clients_of(endpoint)("sqs").list_queues(QueueNamePrefix="tagged").get("QueueUrls") is None


def test_names_that_the_program_does_not_give_are_made_as_pulumi_does_and_stay_the_same(
    deployed: Deploy, project: Path
) -> None:
    program = """
        pulumi.export("plain", aws.sns.Topic("plain").name)
        pulumi.export("fifo", aws.sqs.Queue("in-line", fifo_queue=True).name)
        pulumi.export("prefixed", aws.iam.Role("r", name_prefix="fleet-", assume_role_policy="{}").name)
    """

    first = deployed(program).outputs

    assert first["plain"].startswith("plain-")
    assert len(first["plain"]) == len("plain-") + 7
    assert first["fifo"].startswith("in-line-")
    assert first["fifo"].endswith(".fifo")
    assert first["prefixed"].startswith("fleet-")
    assert deployed(program.split("\n")[1]).outputs["plain"] == first["plain"]


def test_an_unknown_stack_is_an_error_that_lists_the_stacks(deployed: Deploy) -> None:
    with pytest.raises(ProjectError, match=r"no stack prod: Pulumi\.prod\.yaml.* Stacks: local, other"):
        deployed("", stack="prod")


def test_a_folder_without_a_project_is_an_error(deployed: Deploy, tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=r"Pulumi\.yaml does not exist"):
        deployed("", root=tmp_path / "infra")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("config: [", r"Pulumi\.local\.yaml is not valid YAML"),
        ("just words", r"Pulumi\.local\.yaml holds no settings"),
        ("config:\n  shop:key:\n    secure: AAAB\n", r"encrypts shop:key: only the Pulumi CLI has the key"),
    ],
)
def test_a_stack_file_that_cannot_be_used_is_an_error(
    deployed: Deploy, project: Path, content: str, message: str
) -> None:
    (project / "Pulumi.local.yaml").write_text(content)

    with pytest.raises(ProjectError, match=message):
        deployed("")


def test_a_type_without_an_adapter_names_the_file_to_add_it_in(deployed: Deploy) -> None:
    with pytest.raises(EngineError, match=r"aws:glue/job:Job.*scripts/local/engine/adapters/glue\.py"):
        deployed('aws.glue.Job("job", role_arn="arn", command={"script_location": "s3://b/k"})')


def test_a_function_without_an_answer_names_the_file_to_add_it_in(deployed: Deploy) -> None:
    with pytest.raises(EngineError, match=r"getPartition.*scripts/local/engine/adapters/aws\.py"):
        deployed('pulumi.export("partition", aws.get_partition_output().id)')


def test_a_property_that_an_adapter_does_not_know_is_an_error_and_nothing_is_dropped(
    deployed: Deploy,
) -> None:
    with pytest.raises(
        EngineError, match=r"^net \(aws:ec2/vpc:Vpc\): .* does not handle region\. Teach .*ec2\.py"
    ):
        deployed('aws.ec2.Vpc("net", cidr_block="10.0.0.0/16", region="us-east-1")')


def test_a_property_that_no_adapter_took_is_an_error(
    deployed: Deploy, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What is registered here is forgotten afterwards: other tests ask what the engine can create.
    known = {type_: registry.adapter(type_) for type_ in registry.types()}
    monkeypatch.setattr(registry, "_adapters", known)

    @creates("random:index/randomPet:RandomPet")
    def forgetful(resource: Any) -> Any:
        resource.take("length")
        return "pet", {}

    with pytest.raises(EngineError, match=r"pet \(random:index/randomPet:RandomPet\).*handle separator"):
        deployed('random.RandomPet("pet", length=2, separator=".")')


def test_a_call_that_aws_refuses_names_the_resource_the_operation_and_the_reason(deployed: Deploy) -> None:
    with pytest.raises(
        EngineError,
        match=r"^public \(aws:ec2/subnet:Subnet\): ec2 refused create_subnet: InvalidVpcID\.NotFound: ",
    ):
        deployed('aws.ec2.Subnet("public", vpc_id="vpc-1", cidr_block="10.0.0.0/24")')


def test_arguments_that_boto3_does_not_take_name_the_resource(deployed: Deploy) -> None:
    with pytest.raises(
        EngineError, match=r"(?s)^empty \(aws:ssm/parameter:Parameter\): .*Invalid length .* KeyId"
    ):
        deployed('aws.ssm.Parameter("empty", name="x", type="SecureString", value="x", key_id="")')


def test_what_depends_on_a_failed_resource_is_not_created(
    deployed: Deploy, aws: Callable[[str], Any]
) -> None:
    with pytest.raises(EngineError, match=r"^broken "):
        deployed(
            """
            broken = aws.ec2.Subnet("broken", vpc_id="vpc-1", cidr_block="10.0.0.0/24")
            aws.sqs.Queue("after", name=broken.id.apply(lambda _: "never"))
            """
        )

    assert aws("sqs").list_queues(QueueNamePrefix="never").get("QueueUrls") is None


def test_an_aws_that_is_not_there_is_one_clear_error(deployed: Deploy) -> None:
    with pytest.raises(EngineError, match=r"no AWS answers at http://127\.0\.0\.1:9.*blueprint local aws"):
        deployed('aws.sns.Topic("topic")', endpoint="http://127.0.0.1:9")


def test_two_resources_of_one_name_are_an_error_as_with_the_real_engine(deployed: Deploy) -> None:
    with pytest.raises(EngineError, match=r"twin \(aws:sns/topic:Topic\) is declared twice"):
        deployed('aws.sns.Topic("twin", name="a"); aws.sns.Topic("twin", name="b")')


def test_a_name_beyond_the_services_limit_is_an_error(deployed: Deploy) -> None:
    with pytest.raises(EngineError, match=r"has 38 characters, 32 are allowed"):
        deployed(f'aws.lb.TargetGroup("{"a" * 30}", port=80, protocol="HTTP", vpc_id="vpc-1")')


def test_a_file_that_is_not_there_is_an_error(deployed: Deploy, aws: Callable[[str], Any]) -> None:
    with pytest.raises(EngineError, match=r"^bundle .*: /nowhere/app\.tar\.gz cannot be read: No such file"):
        deployed(
            """
            source = pulumi.FileAsset("/nowhere/app.tar.gz")
            aws.s3.BucketObjectv2("bundle", bucket="b", key="k", source=source)
            """
        )


def test_what_the_program_raises_comes_out_as_it_is(deployed: Deploy) -> None:
    with pytest.raises(pulumi.RunError, match=r"^settings are wrong$"):
        deployed('raise pulumi.RunError("settings are wrong")')


def test_the_users_own_aws_settings_do_not_matter(deployed: Deploy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "company")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "real")

    assert deployed('aws.sns.Topic("mine", name="mine")').resources == 1


def test_a_secret_is_not_quoted_in_an_error(deployed: Deploy) -> None:
    with pytest.raises(EngineError, match=r"drawn .*\[secret\]") as error:
        deployed('aws.ssm.Parameter("drawn", type=pulumi.Output.secret("Hidden-Type"), name="x", value="v")')

    assert "Hidden-Type" not in str(error.value)


def test_reading_what_exists_is_an_error_and_not_an_empty_answer(deployed: Deploy) -> None:
    with pytest.raises(EngineError, match=r"^old \(aws:sns/topic:Topic\): .* cannot read or import"):
        deployed('aws.sns.Topic.get("old", "arn:aws:sns:us-east-1:123456789012:old")')


def test_an_error_in_a_callback_of_the_program_comes_out(deployed: Deploy) -> None:
    with pytest.raises(ZeroDivisionError):
        deployed('pulumi.export("x", aws.sns.Topic("t", name="t").name.apply(lambda _: 1 // 0))')


@pytest.mark.parametrize(
    ("program", "property_"),
    [
        (
            """
            options = {"projection_type": "ALL", "write_capacity": 1, "read_capacity": 1}
            index = {"name": "i", "hash_key": "id", "surprise": True, **options}
            keys = [{"name": "id", "type": "S"}]
            aws.dynamodb.Table("t", hash_key="id", attributes=keys, global_secondary_indexes=[index])
            """,
            "surprise",
        ),
        (
            """
            sticky = {"type": "lb_cookie", "surprise": True}
            aws.lb.TargetGroup("t", port=80, protocol="HTTP", vpc_id="vpc-1", stickiness=sticky)
            """,
            "surprise",
        ),
        (
            """
            two = {"path_pattern": {"values": ["/"]}, "host_header": {"values": ["a"]}}
            action = {"type": "forward", "target_group_arn": "arn"}
            aws.lb.ListenerRule("t", listener_arn="arn", conditions=[two], actions=[action])
            """,
            "(pathPattern with hostHeader|hostHeader with pathPattern)",
        ),
    ],
)
def test_a_property_inside_another_that_an_adapter_does_not_know_is_an_error(
    deployed: Deploy, program: str, property_: str
) -> None:
    with pytest.raises(EngineError, match=rf"^t \(aws:.* does not handle {property_}\."):
        deployed(program)

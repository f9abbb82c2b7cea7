"""Settings: what is accepted, what is refused, and in which words."""

from typing import Any

import pulumi
import pytest

from infra.errors import SettingsError
from infra.reference import page
from infra.settings import Settings
from scripts.evaluation.recorder import record
from tests.infra.stacks import PROD, ROOT, as_pulumi_hands_over, own_settings, parse, stack_file

DEV: dict[str, Any] = {"stage": "dev"}


def refusal(config: dict[str, Any], **names: str) -> str:
    """What is said about settings that cannot work."""
    with pytest.raises(SettingsError) as caught:
        parse(config, **names)
    return str(caught.value)


@pytest.mark.parametrize("stack", [path.suffixes[0][1:] for path in ROOT.glob("Pulumi.*.yaml")])
def test_every_stack_file_is_valid(stack: str) -> None:
    assert stack_file(stack)["aws:region"]
    assert parse(own_settings(stack), stack=stack).stack == stack


def test_a_production_stack_can_be_described() -> None:
    assert parse(PROD, stack="prod").protect


def test_the_local_stack_has_a_replica_of_database_and_cache_and_two_instances() -> None:
    settings = parse(own_settings("local"), stack="local")
    assert (settings.database.replicas, settings.cache.nodes, settings.fleet.min_size) == (1, 2, 2)


def test_settings_cannot_be_changed_once_read() -> None:
    settings = parse(DEV)
    with pytest.raises(ValueError, match="frozen"):
        settings.fleet.min_size = 3  # type: ignore[misc] # what is being tested


def test_settings_are_read_from_pulumi_as_it_hands_them_over() -> None:
    read: list[Settings] = []
    config = as_pulumi_hands_over(stack_file("local"))
    record(lambda: read.append(Settings.load()), stack="local", config=config)
    assert read == [parse(own_settings("local"), stack="local")]


def test_a_version_may_be_written_without_quotes() -> None:
    settings = parse(DEV | {"cache": {"engine_version": 8.0}, "database": {"engine_version": "17"}})
    assert (settings.cache.engine_version, settings.database.engine_version) == ("8.0", 17)


def test_settings_of_other_namespaces_are_not_ours() -> None:
    read: list[Settings] = []
    config = {"aws:region": "eu-west-1", "blueprint:stage": "dev", "aws:profile": "me", "other:stage": "x"}
    record(lambda: read.append(Settings.load()), config=config)
    assert (read[0].region, read[0].stage) == ("eu-west-1", "dev")


def test_pulumi_prints_a_settings_error_without_a_traceback() -> None:
    with pytest.raises(pulumi.RunError, match=r"^Pulumi\.dev\.yaml has 2 settings that cannot work:"):
        record(Settings.load)


def test_every_problem_is_named_at_once() -> None:
    config = {"stage": "qa", "database": {"replicas": 9, "force_ssl": "maybe"}, "fleet": {"ami": "x"}}
    first, *problems = refusal(config).splitlines()
    assert first == "Pulumi.dev.yaml has 4 settings that cannot work:"
    assert [problem.split(";")[0] for problem in problems] == [
        "- blueprint:stage is 'qa'",
        "- blueprint:fleet.ami is 'x'",
        "- blueprint:database.replicas is 9",
        "- blueprint:database.force_ssl is 'maybe'",
    ]


FIELD_PROBLEMS: list[tuple[dict[str, Any], str]] = [
    ({}, "blueprint:stage is not set; allowed: dev or staging or prod. Set it."),
    ({"databse": {}}, "blueprint:databse is {}; allowed: the settings alarm_email, "),
    ({"databse": {}}, "Did you mean database?"),
    ({"zzz": 1}, "zzz is 1; allowed: the settings "),
    ({"zzz": 1}, ". Remove it."),
    ({"fleet": {"size": 1}}, "blueprint:fleet.size is 1; allowed: the settings ami, "),
    ({"fleet": 3}, "blueprint:fleet is 3; allowed: the settings instance_type, ami, "),
    ({"network": {"cidr": "x"}}, "network.cidr is 'x'; allowed: an IPv4 network such as 10.20.0.0/16."),
    ({"network": {"zones": 9}}, "network.zones is 9; allowed: a whole number from 2 to 3."),
    ({"network": {"nat": "two"}}, "network.nat is 'two'; allowed: none or single or per_zone."),
    ({"stream": {"shards": 0}}, "stream.shards is 0; allowed: a whole number from 1 to 200 or unset."),
    ({"email_sender": "shop"}, "email_sender is 'shop'; allowed: text such as shop@example.com."),
    ({"tags": "x"}, "tags is 'x'; allowed: names with texts."),
    (
        {"network": {"interface_endpoints": 1}},
        "network.interface_endpoints is 1; allowed: a list of texts such as secretsmanager.",
    ),
    (
        {"functions": {"api": {"timeout": 30}}},
        (
            "functions.api.timeout is 30; allowed: a whole number from 1 to 29. Change it. "
            "What it means: Seconds a request; API Gateway gives up after 30."
        ),
    ),
]


@pytest.mark.parametrize(("config", "message"), FIELD_PROBLEMS)
def test_a_field_says_what_it_allows(config: dict[str, Any], message: str) -> None:
    assert message in refusal(DEV | config if config else config)


def test_a_region_of_another_partition_is_refused() -> None:
    with pytest.raises(
        SettingsError, match="aws:region is 'us-gov-west-1'; allowed: text such as eu-central-1"
    ):
        Settings.parse(DEV, project="blueprint", stack="dev", region="us-gov-west-1")


@pytest.mark.parametrize("name", ["a" * 41, "Shop", "shop_1", "1shop", "a--b", "shop-"])
def test_a_project_name_that_some_service_would_refuse_is_refused(name: str) -> None:
    assert "name (in Pulumi.yaml) is" in refusal(DEV, project=name)


RULE_PROBLEMS: list[tuple[dict[str, Any], str, str]] = [
    (
        {"network": {"cidr": "10.0.0.0/24"}},
        "network.cidr is '10.0.0.0/24'; allowed: a private network of /16 to /22.",
        "AWS allows nothing larger than /16, and below /22 a tier's subnets are too small.",
    ),
    (
        {"network": {"cidr": "8.8.0.0/16"}},
        "network.cidr is '8.8.0.0/16'; allowed: a private network of /16 to /22.",
        "AWS allows nothing larger than /16, and below /22 a tier's subnets are too small.",
    ),
    (
        {"network": {"nat": "none", "interface_endpoints": ["ssm", "sqs", "email"]}},
        (
            "network.nat is 'none'; allowed: single or per_zone, or none with interface_endpoints for "
            "kinesis-streams, secretsmanager."
        ),
        "Without a way out, what runs in private subnets cannot call these services.",
    ),
    (
        {"fleet": {"instance_type": "t3.small"}},
        "fleet.instance_type is 't3.small'; allowed: a type with arm64 processors.",
        "Choose another type, or set architecture to x86_64.",
    ),
    (
        {"architecture": "x86_64"},
        "fleet.instance_type is 't4g.small'; allowed: a type with x86_64 processors.",
        "Choose another type, or set architecture to arm64.",
    ),
    (
        {"artifacts": "local"},
        "artifacts is 'local'; allowed: arm64.",
        "Artifacts built for this machine run only where `emulator` is true.",
    ),
    (
        {"artifacts": "x86_64"},
        "artifacts is 'x86_64'; allowed: arm64.",
        "Leave it unset, or change architecture too.",
    ),
    (
        {"fleet": {"min_size": 5, "max_size": 2}},
        "fleet.min_size is 5; allowed: at most fleet.max_size, 2.",
        "Lower it or raise fleet.max_size.",
    ),
    (
        {"database": {"storage": 100, "max_storage": 109}},
        "database.max_storage is 109; allowed: at least 110, a tenth above database.storage.",
        "Raise it: RDS refuses storage that has no room to grow.",
    ),
    (
        {"database": {"replicas": 1, "backup_retention_days": 0}},
        "database.backup_retention_days is 0; allowed: at least 1 where there are replicas.",
        "RDS makes a replica from a backup: raise it, or set database.replicas to 0.",
    ),
    (
        {"cache": {"nodes": 1}},
        "cache.nodes is 1; allowed: at least 2 with automatic_failover.",
        "Add a node to fail over to, or set cache.automatic_failover to false.",
    ),
    (
        {"orders": {"visibility_timeout": 30}},
        (
            "orders.visibility_timeout is 30; allowed: at least 180, six times "
            "functions.order_notifications.timeout plus batch_window."
        ),
        "Raise it, or messages come back while their first delivery is still at work.",
    ),
    (
        {"functions": {"order_notifications": {"batch_size": 11}}},
        "functions.order_notifications.batch_window is 0; allowed: at least 1 where batch_size is above 10.",
        "SQS gives 10 messages at once: wait for more, or lower batch_size.",
    ),
    (
        {"functions": {"position_writer": {"max_age": 86_401}}},
        (
            "functions.position_writer.max_age is 86401; allowed: at most stream.retention_hours in seconds, "
            "86400."
        ),
        "A record that the stream has dropped reaches no failure queue: lower it.",
    ),
    (
        {"tags": {"Stack": "mine"}},
        (
            "tags.Stack is 'mine'; allowed: names of 1 to 128 characters, not Project, Stack, Stage, aws:*; "
            "values to 256."
        ),
        "Rename or shorten the tag.",
    ),
    (
        {"tags": {"AWS:x": "y"}},
        (
            "tags.AWS:x is 'y'; allowed: names of 1 to 128 characters, not Project, Stack, Stage, aws:*; "
            "values to 256."
        ),
        "Rename or shorten the tag.",
    ),
    (
        {**PROD, "emulator": True},
        "emulator is True; allowed: false in stage prod.",
        "Remove it: with it, credentials go unchecked.",
    ),
    (
        {**PROD, "network": {"nat": "single"}},
        "network.nat is 'single'; allowed: per_zone in stage prod.",
        "One zone down would take the shop with it: change it, or choose another stage.",
    ),
    (
        {**PROD, "fleet": {"ami": "ami-0fedcba9876543210", "min_size": 1}},
        "fleet.min_size is 1; allowed: at least 2 in stage prod.",
        "One instance down would take the shop with it: change it, or choose another stage.",
    ),
    (
        {**PROD, "database": {}},
        "database.multi_az is False; allowed: true in stage prod.",
        "One zone down would take the shop with it: change it, or choose another stage.",
    ),
    (
        {**PROD, "cache": {"automatic_failover": False}},
        "cache.automatic_failover is False; allowed: true in stage prod.",
        "One node down would take the shop with it: change it, or choose another stage.",
    ),
    (
        {**PROD, "fleet": {"min_size": 2}},
        "fleet.ami is not set; allowed: an image id in stage prod.",
        "Pin it: the newest image would roll every instance at an unrelated `up`.",
    ),
    (
        {**PROD, "alarm_email": None},
        "alarm_email is not set; allowed: an address in stage prod.",
        "Set it: an alarm that nobody hears is none.",
    ),
    (
        {**PROD, "database": {"multi_az": True, "backup_retention_days": 3}},
        "database.backup_retention_days is 3; allowed: at least 7 in stage prod.",
        "Raise it: mistakes are often found days later.",
    ),
    (
        {**PROD, "database": {"multi_az": True, "force_ssl": False}},
        "database.force_ssl is False; allowed: true in stage prod.",
        "Remove it: TLS is the default.",
    ),
    (
        {**PROD, "cache": {"transit_encryption": False}},
        "cache.transit_encryption is False; allowed: true in stage prod.",
        "Remove it: TLS is the default.",
    ),
]


@pytest.mark.parametrize(("config", "claim", "remedy"), RULE_PROBLEMS)
def test_settings_that_forbid_each_other_are_refused(config: dict[str, Any], claim: str, remedy: str) -> None:
    lines = refusal(DEV | config).splitlines()
    assert f"- blueprint:{claim} {remedy}" in lines


@pytest.mark.parametrize("project", ["aws-shop", "ssm-shop", "internal-shop"])
def test_a_project_name_that_aws_keeps_for_itself_is_refused(project: str) -> None:
    claim = f"- name (in Pulumi.yaml) is '{project}'; allowed: a name that does not begin with "
    assert f"{claim}aws, ssm, internal-." in refusal(DEV, project=project)


def test_no_nat_is_accepted_where_every_service_has_an_endpoint() -> None:
    endpoints = ["email", "kinesis-streams", "secretsmanager", "sqs", "ssm"]
    assert parse(DEV | {"network": {"nat": "none", "interface_endpoints": endpoints}}).network.nat == "none"


@pytest.mark.parametrize(
    "instance_type", ["t4g.small", "m7gd.large", "c8gn.metal-24xl", "is4gen.large", "a1.large"]
)
def test_arm_instance_types_are_known_by_their_names(instance_type: str) -> None:
    assert parse(DEV | {"fleet": {"instance_type": instance_type}}).architecture == "arm64"


@pytest.mark.parametrize(
    "instance_type", ["t3.small", "g5.xlarge", "m7i-flex.large", "c7a.large", "p4d.24xlarge"]
)
def test_other_instance_types_are_taken_for_x86(instance_type: str) -> None:
    config = DEV | {"architecture": "x86_64", "fleet": {"instance_type": instance_type}}
    assert parse(config).fleet.instance_type == instance_type


def test_the_reference_page_is_up_to_date() -> None:
    path = ROOT / "docs" / "reference" / "settings.md"
    command = "run `python -m infra.reference > docs/reference/settings.md`"
    assert path.read_text() == page(Settings), command


def test_the_reference_explains_every_setting_of_every_stack_file() -> None:
    text = page(Settings)
    for stack in ("local", "dev"):
        for section, value in own_settings(stack).items():
            keys = [f"{section}.{name}" for name in value] if isinstance(value, dict) else [section]
            assert all(f"| `{key}` |" in text for key in keys)

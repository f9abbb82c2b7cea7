"""Settings: what is accepted, what is refused, and in which words."""

from typing import Any

import pulumi
import pytest

from infra.errors import SettingsError
from infra.reference import ENTRY, page
from infra.settings import Settings
from infra.settings.presets import merged
from scripts.evaluation.recorder import record
from tests.infra.stacks import (
    DEV,
    OWNERS,
    PROD,
    ROOT,
    as_pulumi_hands_over,
    own_settings,
    parse,
    refusal,
    stack_file,
)


@pytest.mark.parametrize("stack", ["local", "split", "dev", "staging"])
def test_a_stack_file_is_valid(stack: str) -> None:
    assert stack_file(stack)["aws:region"]
    assert parse(own_settings(stack), stack=stack).stack == stack


def test_production_wants_from_its_owner_an_image_and_somebody_who_hears_of_alarms() -> None:
    _, *problems = refusal(own_settings("prod"), stack="prod").splitlines()
    keys = [problem.split(" ")[1] for problem in problems]
    assert keys == ["blueprint:compute.ami", "blueprint:alarm_email"]
    assert parse(merged(own_settings("prod"), OWNERS), stack="prod") == parse(PROD, stack="prod")


def test_no_stack_file_lacks_a_test() -> None:
    stacks = {path.suffixes[0][1:] for path in ROOT.glob("Pulumi.*.yaml")}
    assert stacks == {"local", "split", "dev", "staging", "prod"}


def test_the_local_stack_has_a_replica_of_database_and_cache_and_two_instances() -> None:
    settings = parse(own_settings("local"), stack="local")
    assert (settings.database.replicas, settings.cache.nodes, settings.services["shop"].min_size) == (1, 2, 2)


def test_the_split_stack_is_the_local_one_but_for_its_services_and_their_front_door() -> None:
    local, split = (parse(own_settings(stack), stack="it").model_dump() for stack in ("local", "split"))
    differing = {key for key in local if local[key] != split[key]}
    assert differing <= {"services", "gateway", "database", "streams"}
    assert set(split["services"]) == {"catalog", "orders", "realtime"}
    differing = {key for key, value in local["database"].items() if value != split["database"][key]}
    assert differing == {"instance_class"}


def test_settings_cannot_be_changed_once_read() -> None:
    settings = parse(DEV)
    with pytest.raises(ValueError, match="frozen"):
        settings.services["shop"].min_size = 3  # type: ignore[misc] # what is being tested


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
    own = {"blueprint:stage": "dev", "blueprint:preset": "single"}
    config = {"aws:region": "eu-west-1", "aws:profile": "me", "other:stage": "x", **own}
    record(lambda: read.append(Settings.load()), config=config)
    assert (read[0].region, read[0].stage) == ("eu-west-1", "dev")


def test_pulumi_prints_a_settings_error_without_a_traceback() -> None:
    with pytest.raises(pulumi.RunError, match=r"^Pulumi\.dev\.yaml has 3 settings that cannot work:"):
        record(Settings.load)


def test_every_problem_is_named_at_once() -> None:
    config = {
        "preset": "single",
        "stage": "qa",
        "database": {"replicas": 16, "force_ssl": "maybe"},
        "compute": {"ami": "x"},
    }
    first, *problems = refusal(config).splitlines()
    assert first == "Pulumi.dev.yaml has 4 settings that cannot work:"
    assert [problem.split(";")[0] for problem in problems] == [
        "- blueprint:stage is 'qa'",
        "- blueprint:compute.ami is 'x'",
        "- blueprint:database.replicas is 16",
        "- blueprint:database.force_ssl is 'maybe'",
    ]


FIELD_PROBLEMS: list[tuple[dict[str, Any], str]] = [
    ({"preset": "huge"}, "blueprint:preset is 'huge'; allowed: single or growth or scale or internet."),
    ({"stage": None}, "blueprint:stage is not set; allowed: dev or staging or prod. Set it."),
    ({"databse": {}}, "blueprint:databse is {}; allowed: the settings alarm_email, "),
    ({"databse": {}}, "Did you mean database?"),
    ({"zzz": 1}, "zzz is 1; allowed: the settings "),
    ({"zzz": 1}, ". Remove it."),
    ({"compute": {"size": 1}}, "blueprint:compute.size is 1; allowed: the settings ami. "),
    ({"compute": 3}, "blueprint:compute is 3; allowed: the settings ami. "),
    ({"services": 3}, "blueprint:services is 3; allowed: names with settings. "),
    ({"services": {"shop": 3}}, "blueprint:services.shop is 3; allowed: the settings paths, hosts, "),
    (
        {"services": {"shop": {"size": 1}}},
        "services.shop.size is 1; allowed: the settings capacity_timeout, ",
    ),
    (
        {"services": {"shop": {"min_size": 0}}},
        "services.shop.min_size is 0; allowed: a whole number from 1 to 500. Change it. What it means: ",
    ),
    (
        {"services": {"more": {}}},
        "services.more.paths is not set; allowed: a list of texts such as /products*. Set it.",
    ),
    ({"network": {"cidr": "x"}}, "network.cidr is 'x'; allowed: an IPv4 network such as 10.20.0.0/16."),
    ({"network": {"zones": 9}}, "network.zones is 9; allowed: a whole number from 2 to 3."),
    ({"network": {"nat": "two"}}, "network.nat is 'two'; allowed: none or single or per_zone or instance."),
    (
        {"streams": {"positions": {"shards": 0}}},
        "streams.positions.shards is 0; allowed: a whole number from 1 to 200 or unset.",
    ),
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
    assert message in refusal(DEV | config)


def test_a_region_of_another_partition_is_refused() -> None:
    with pytest.raises(
        SettingsError, match="aws:region is 'us-gov-west-1'; allowed: text such as eu-central-1"
    ):
        Settings.parse(DEV, project="blueprint", stack="dev", region="us-gov-west-1")


@pytest.mark.parametrize("name", ["a" * 41, "Shop", "shop_1", "1shop", "a--b", "shop-"])
def test_a_project_name_that_some_service_would_refuse_is_refused(name: str) -> None:
    assert "name (in Pulumi.yaml) is" in refusal(DEV, project=name)


def test_the_reference_page_is_up_to_date() -> None:
    path = ROOT / "docs" / "reference" / "settings.md"
    command = "run `python -m infra.reference > docs/reference/settings.md`"
    assert path.read_text() == page(Settings), command


def test_the_reference_explains_every_setting_of_every_stack_file() -> None:
    text = page(Settings)
    for stack in ("local", "split", "dev", "staging", "prod"):
        for section, value in own_settings(stack).items():
            assert all(f"| `{key}` |" in text for key in keys_below(section, value)), section


def keys_below(key: str, value: object) -> list[str]:
    """The keys of single settings, as the reference has them: an entry's own name is a placeholder there."""
    if not isinstance(value, dict):
        return [key]
    named = key in ("services", "gateway.routes")
    return [
        found
        for name, inner in value.items()
        if not (named and inner is None)  # null is a preset's service that a stack does without
        for found in keys_below(f"{key}.{ENTRY if named else name}", inner)
    ]

"""What the settings of a whole stack forbid each other, and in which words."""

from typing import Any

import pytest

from tests.infra.stacks import DEV, PROD, refusal

PROBLEMS: list[tuple[dict[str, Any], str, str]] = [
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
        {**PROD, "services": {"shop": {"min_size": 1}}},
        "services.shop.min_size is 1; allowed: at least 2 in stage prod.",
        "One instance down would take the shop with it: change it, or choose another stage.",
    ),
    (
        {**PROD, "database": {"multi_az": False}},
        "database.multi_az is False; allowed: true in stage prod.",
        "One zone down would take the shop with it: change it, or choose another stage.",
    ),
    (
        {**PROD, "cache": {"automatic_failover": False}},
        "cache.automatic_failover is False; allowed: true in stage prod.",
        "One node down would take the shop with it: change it, or choose another stage.",
    ),
    (
        {**PROD, "compute": {}},
        "compute.ami is not set; allowed: an image id in stage prod.",
        "Pin it: the newest image would roll every instance at an unrelated `up`.",
    ),
    (
        {**PROD, "alarm_email": None},
        "alarm_email is not set; allowed: an address in stage prod.",
        "Set it: an alarm that nobody hears is none.",
    ),
    (
        {**PROD, "database": {"backup_retention_days": 3}},
        "database.backup_retention_days is 3; allowed: at least 7 in stage prod.",
        "Raise it: mistakes are often found days later.",
    ),
    (
        {**PROD, "database": {"force_ssl": False}},
        "database.force_ssl is False; allowed: true in stage prod.",
        "Remove it: TLS is the default.",
    ),
    (
        {**PROD, "cache": {"transit_encryption": False}},
        "cache.transit_encryption is False; allowed: true in stage prod.",
        "Remove it: TLS is the default.",
    ),
    (
        {**PROD, "cache": {"authentication": False}},
        "cache.authentication is False; allowed: true in stage prod.",
        "Remove it: passwords are the default.",
    ),
]


@pytest.mark.parametrize(("config", "claim", "remedy"), PROBLEMS)
def test_settings_that_forbid_each_other_are_refused(config: dict[str, Any], claim: str, remedy: str) -> None:
    assert f"- blueprint:{claim} {remedy}" in refusal(DEV | config).splitlines()


@pytest.mark.parametrize("project", ["aws-shop", "ssm-shop", "internal-shop"])
def test_a_project_name_that_aws_keeps_for_itself_is_refused(project: str) -> None:
    claim = f"- name (in Pulumi.yaml) is '{project}'; allowed: a name that does not begin with "
    assert f"{claim}aws, ssm, internal-." in refusal(DEV, project=project)

"""What the settings of backups and the second region forbid each other, and in which words."""

from typing import Any

import pytest

from tests.infra.stacks import DEV, refusal

BACKED_UP = {"daily_days": 35, "monthly_days": None, "lock_days": None, "copied": False}

PROBLEMS: list[tuple[dict[str, Any], str, str]] = [
    (
        {"second_region": {"code": "us-east-1"}},
        "second_region.code is 'us-east-1'; allowed: another region than aws:region.",
        "What takes this region down would take the copies with it: choose one far away.",
    ),
    (
        {"backups": {**BACKED_UP, "copied": True}},
        "second_region.code is not set; allowed: a region where backups.copied is true.",
        "Name the region that backups are copied to, or set backups.copied to false.",
    ),
    (
        {"backups": {**BACKED_UP, "copied": True}, "second_region": {"code": "eu-west-1"}},
        "encryption.own_key is False; allowed: true where backups.copied is true.",
        "RDS wants a key in the other region: let the stack have its own, or copy no backups.",
    ),
    (
        {"backups": {"monthly_days": 365}},
        "backups.monthly_days is 365; allowed: unset where backups.daily_days is.",
        "Set backups.daily_days too: without it there are no backups.",
    ),
    (
        {"backups": {"lock_days": 7}},
        "backups.lock_days is 7; allowed: unset where backups.daily_days is.",
        "Set backups.daily_days too: without it there are no backups.",
    ),
    (
        {"backups": {"copied": True}, "second_region": {"code": "eu-west-1"}},
        "backups.copied is True; allowed: false where backups.daily_days is unset.",
        "Set backups.daily_days too: it is the daily backup that is copied.",
    ),
    (
        {"backups": {**BACKED_UP, "lock_days": 36}},
        "backups.daily_days is 35; allowed: at least backups.lock_days, 36.",
        "AWS Backup refuses what ends before the lock of its vault: raise it.",
    ),
    (
        {"backups": {**BACKED_UP, "monthly_days": 35}},
        "backups.monthly_days is 35; allowed: more than backups.daily_days, 35.",
        "A monthly backup that goes before the daily ones do adds nothing: raise or unset it.",
    ),
]


@pytest.mark.parametrize(("config", "claim", "remedy"), PROBLEMS)
def test_settings_that_forbid_each_other_are_refused(config: dict[str, Any], claim: str, remedy: str) -> None:
    assert f"- blueprint:{claim} {remedy}" in refusal(DEV | config).splitlines()

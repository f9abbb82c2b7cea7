"""What the settings of keys, backups and the second region forbid each other."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from infra.errors import Problem
from infra.rules.rule import Rule

if TYPE_CHECKING:
    from infra.settings import Settings


def _the_second_region_is_another(settings: "Settings") -> Iterator[Problem]:
    if settings.second_region.code == settings.region:
        yield Problem(
            key="second_region.code",
            value=settings.second_region.code,
            allowed="another region than aws:region",
            remedy="What takes this region down would take the copies with it: choose one far away.",
        )


def _copies_need_a_second_region(settings: "Settings") -> Iterator[Problem]:
    if settings.backups.copied and settings.second_region.code is None:
        yield Problem(
            key="second_region.code",
            value=None,
            allowed="a region where backups.copied is true",
            remedy="Name the region that backups are copied to, or set backups.copied to false.",
        )


def _copies_need_a_key_of_their_own(settings: "Settings") -> Iterator[Problem]:
    """RDS copies encrypted backups only under a key that it is told, in the region that they go to."""
    if settings.backups.copied and not settings.encryption.own_key:
        yield Problem(
            key="encryption.own_key",
            value=False,
            allowed="true where backups.copied is true",
            remedy="RDS wants a key in the other region: let the stack have its own, or copy no backups.",
        )


def _what_is_kept_of_backups_needs_backups(settings: "Settings") -> Iterator[Problem]:
    backups = settings.backups
    if backups.daily_days is not None:
        return
    for key, value in (("monthly_days", backups.monthly_days), ("lock_days", backups.lock_days)):
        if value is not None:
            yield Problem(
                key=f"backups.{key}",
                value=value,
                allowed="unset where backups.daily_days is",
                remedy="Set backups.daily_days too: without it there are no backups.",
            )
    if backups.copied:
        yield Problem(
            key="backups.copied",
            value=True,
            allowed="false where backups.daily_days is unset",
            remedy="Set backups.daily_days too: it is the daily backup that is copied.",
        )


def _backups_outlive_their_lock(settings: "Settings") -> Iterator[Problem]:
    """AWS Backup refuses a job whose backup would end before its vault lets it."""
    backups = settings.backups
    for key, days in (("daily_days", backups.daily_days), ("monthly_days", backups.monthly_days)):
        if days is not None and backups.lock_days is not None and days < backups.lock_days:
            yield Problem(
                key=f"backups.{key}",
                value=days,
                allowed=f"at least backups.lock_days, {backups.lock_days}",
                remedy="AWS Backup refuses what ends before the lock of its vault: raise it.",
            )


def _months_outlive_days(settings: "Settings") -> Iterator[Problem]:
    backups = settings.backups
    if backups.daily_days and backups.monthly_days and backups.monthly_days <= backups.daily_days:
        yield Problem(
            key="backups.monthly_days",
            value=backups.monthly_days,
            allowed=f"more than backups.daily_days, {backups.daily_days}",
            remedy="A monthly backup that goes before the daily ones do adds nothing: raise or unset it.",
        )


RULES: tuple[Rule, ...] = (
    _the_second_region_is_another,
    _copies_need_a_second_region,
    _copies_need_a_key_of_their_own,
    _what_is_kept_of_backups_needs_backups,
    _backups_outlive_their_lock,
    _months_outlive_days,
)

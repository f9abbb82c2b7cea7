"""What the settings of a service's instances forbid each other."""

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from infra.errors import Problem
from infra.rules.rule import Rule

if TYPE_CHECKING:
    from infra.settings import Settings
    from infra.settings.compute import Service

ServiceRule = Callable[[str, "Service"], Iterator[Problem]]
"""A rule about one service, whose key in the settings comes first."""

IOPS_A_GIB = 500
IOPS_A_MIB = 4
"""EBS: a gp3 volume has at most 500 operations a second a GiB, and 4 for each MiB a second at the least."""

CRON_FIELDS = 5


def _spare_capacity_does_not_wait(key: str, service: "Service") -> Iterator[Problem]:
    if service.warm_pool and service.spot:
        yield Problem(
            key=f"{key}.warm_pool",
            value=service.warm_pool.size,
            allowed="unset where spot is set",
            remedy="AWS keeps no spare capacity in warm pools: choose one of the two.",
        )


def _a_warm_pool_has_one_type(key: str, service: "Service") -> Iterator[Problem]:
    if service.warm_pool and len(service.instance_types) > 1:
        yield Problem(
            key=f"{key}.instance_types",
            value=service.instance_types,
            allowed="one type where warm_pool is set",
            remedy="Keep the first: a group that chooses among types may not have a warm pool.",
        )


def _no_more_wait_than_could_serve(key: str, service: "Service") -> Iterator[Problem]:
    if service.warm_pool and service.warm_pool.size > service.max_size:
        yield Problem(
            key=f"{key}.warm_pool.size",
            value=service.warm_pool.size,
            allowed=f"at most max_size, {service.max_size}",
            remedy="Lower it: the others would wait for ever.",
        )


def _credits_are_for_burstable_types(key: str, service: "Service") -> Iterator[Problem]:
    others = [it for it in service.instance_types if not re.match(r"t\d", it)]
    if service.cpu_credits and others:
        yield Problem(
            key=f"{key}.cpu_credits",
            value=service.cpu_credits,
            allowed=f"unset for {', '.join(others)}",
            remedy="Only types that begin with t have credits: unset it, or choose among those.",
        )


def _disks_are_as_fast_as_they_can_be(key: str, service: "Service") -> Iterator[Problem]:
    volume = service.volume
    if volume.iops and volume.iops > max(3_000, IOPS_A_GIB * volume.size):
        yield Problem(
            key=f"{key}.volume.iops",
            value=volume.iops,
            allowed=f"at most {IOPS_A_GIB} a GiB of volume.size, {IOPS_A_GIB * volume.size}",
            remedy="Lower it or raise volume.size.",
        )
    most = (volume.iops or 3_000) // IOPS_A_MIB
    if volume.throughput and volume.throughput > most:
        yield Problem(
            key=f"{key}.volume.throughput",
            value=volume.throughput,
            allowed=f"at most a quarter of volume.iops, {most}",
            remedy="Lower it or raise volume.iops.",
        )


def _a_base_is_part_of_the_fleet(key: str, service: "Service") -> Iterator[Problem]:
    if service.spot and service.spot.on_demand_base > service.max_size:
        yield Problem(
            key=f"{key}.spot.on_demand_base",
            value=service.spot.on_demand_base,
            allowed=f"at most max_size, {service.max_size}",
            remedy="Lower it, or no instance is spare capacity.",
        )


def _something_moves_the_size(key: str, service: "Service") -> Iterator[Problem]:
    scaling = service.scaling
    moved = scaling.cpu or scaling.requests or scaling.schedules
    if service.min_size < service.max_size and not moved:
        yield Problem(
            key=f"{key}.max_size",
            value=service.max_size,
            allowed=f"min_size, {service.min_size}, where nothing scales",
            remedy="Set scaling.cpu, scaling.requests or scaling.schedules, or give up the room.",
        )


def _a_burst_is_seen_within_a_minute(key: str, service: "Service") -> Iterator[Problem]:
    scaling = service.scaling
    asked_for = scaling.burst and "burst" in scaling.model_fields_set
    seen = scaling.requests or (scaling.cpu and service.detailed_monitoring)
    if asked_for and not seen:
        yield Problem(
            key=f"{key}.scaling.burst",
            value=scaling.burst,
            allowed="unset or false where nothing is measured every minute",
            remedy="Set scaling.requests, or scaling.cpu and detailed_monitoring.",
        )


def _a_forecast_has_something_to_go_by(key: str, service: "Service") -> Iterator[Problem]:
    if service.scaling.predictive != "off" and service.scaling.cpu is None:
        yield Problem(
            key=f"{key}.scaling.predictive",
            value=service.scaling.predictive,
            allowed="off where scaling.cpu is unset",
            remedy="Set scaling.cpu: a forecast launches ahead, and that corrects it.",
        )


def _checkpoints_rise_to_the_whole(key: str, service: "Service") -> Iterator[Problem]:
    points = service.refresh.checkpoints
    if points and (points != sorted(set(points)) or points[-1] != 100):
        yield Problem(
            key=f"{key}.refresh.checkpoints",
            value=points,
            allowed="rising percentages that end with 100",
            remedy="Put them in order: a refresh that ends earlier leaves two versions side by side.",
        )


def _a_refresh_has_room(key: str, service: "Service") -> Iterator[Problem]:
    refresh = service.refresh
    if refresh.min_healthy == refresh.max_healthy == 100:
        yield Problem(
            key=f"{key}.refresh.max_healthy",
            value=refresh.max_healthy,
            allowed="more than 100 where min_healthy is 100",
            remedy="Raise it: no instance may be added, and none taken away.",
        )


def _protected_instances_grow_old(key: str, service: "Service") -> Iterator[Problem]:
    if service.protect_from_scale_in and service.max_lifetime_days:
        yield Problem(
            key=f"{key}.max_lifetime_days",
            value=service.max_lifetime_days,
            allowed="unset where protect_from_scale_in is true",
            remedy="AWS replaces no protected instance: unset one of the two.",
        )


def _the_first_up_waits_longer_than_a_boot(key: str, service: "Service") -> Iterator[Problem]:
    if service.capacity_timeout * 60 < service.health_check_grace:
        yield Problem(
            key=f"{key}.capacity_timeout",
            value=service.capacity_timeout,
            allowed=f"at least health_check_grace in minutes, {-(-service.health_check_grace // 60)}",
            remedy="Raise it, or `up` gives up while instances may still boot.",
        )


def _schedules_can_be_read(key: str, service: "Service") -> Iterator[Problem]:
    for name, at in service.scaling.schedules.items():
        own = f"{key}.scaling.schedules.{name}"
        if len(at.cron.split()) != CRON_FIELDS:
            yield Problem(
                key=f"{own}.cron",
                value=at.cron,
                allowed="cron's five fields, such as 0 8 * * MON-FRI",
                remedy="Write minute, hour, day, month and weekday.",
            )
        if at.min_size is None and at.max_size is None:
            yield Problem(
                key=own, value=None, allowed="min_size or max_size", remedy="Set one: it changes nothing."
            )
        if at.min_size is not None and at.max_size is not None and at.min_size > at.max_size:
            yield Problem(
                key=f"{own}.min_size",
                value=at.min_size,
                allowed=f"at most its max_size, {at.max_size}",
                remedy="Lower it or raise max_size.",
            )


SERVICE_RULES: tuple[ServiceRule, ...] = (
    _spare_capacity_does_not_wait,
    _a_warm_pool_has_one_type,
    _no_more_wait_than_could_serve,
    _credits_are_for_burstable_types,
    _disks_are_as_fast_as_they_can_be,
    _a_base_is_part_of_the_fleet,
    _something_moves_the_size,
    _a_burst_is_seen_within_a_minute,
    _a_forecast_has_something_to_go_by,
    _checkpoints_rise_to_the_whole,
    _a_refresh_has_room,
    _protected_instances_grow_old,
    _the_first_up_waits_longer_than_a_boot,
    _schedules_can_be_read,
)


def _of_each_service(rule: ServiceRule) -> Rule:
    def of_all(settings: "Settings") -> Iterator[Problem]:
        for name, service in settings.services.items():
            yield from rule(f"services.{name}", service)

    return of_all


def _production_keeps_some_on_demand(settings: "Settings") -> Iterator[Problem]:
    for name, service in settings.services.items():
        if settings.stage == "prod" and service.spot and service.spot.on_demand_base < 1:
            yield Problem(
                key=f"services.{name}.spot.on_demand_base",
                value=service.spot.on_demand_base,
                allowed="at least 1 in stage prod",
                remedy="Raise it: AWS may take all spare capacity back at once.",
            )


RULES: tuple[Rule, ...] = (*map(_of_each_service, SERVICE_RULES), _production_keeps_some_on_demand)

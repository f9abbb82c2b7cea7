"""One service: its instances, and everything that they are told and may do."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra import routes
from infra.components.alarms import physical_name
from infra.components.fleet import Fleet, FleetArgs, RefreshArgs, WarmPoolArgs
from infra.components.instance_role import InstanceRole, InstanceRoleArgs, group_name
from infra.components.load_balancer import LIVE, LoadBalancer, RouteArgs, TargetGroupArgs
from infra.components.machine import MachineArgs, SpotArgs, VolumeArgs
from infra.components.parameters import Parameters, ParametersArgs
from infra.components.scaling import RequestsArgs, ScalingArgs, ScheduleArgs
from infra.components.service_log import ServiceLog, ServiceLogArgs
from infra.instance.user_data import Bundle, Instance, user_data
from infra.settings.compute import Service as Settings
from infra.tiers.data import RegionalData
from infra.tiers.events import DistantEvents, Events
from infra.tiers.shop import Shop

PORT = 8080
HEALTH = "/live"
"""Touches no database: an outage of that must not replace every instance."""


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What all services of a region share.

    Attributes:
        data, events, shop: the tiers below, and what the shop needs of them.
        load_balancer: before the services.
    """

    data: RegionalData
    events: Events | DistantEvents
    shop: Shop
    load_balancer: LoadBalancer


class Service:
    """A service of a region, called by its name in the settings.

    Attributes:
        fleet: its instances.
        log: where they write what they log.
    """

    def __init__(self, service: str, settings: Settings, around: Surroundings) -> None:
        self._service = service
        self._settings = settings
        self._region = region = around.data.region
        self._around = around
        self._name = region.named(service)
        self._path = f"/{region.settings.prefix}/{region.settings.stack}/{service}"
        whose = InstanceRoleArgs(region=region.code, account_id=region.account_id)
        self._identity = InstanceRole(self._name, whose, region.opts)
        self._parameters = self._create_parameters()
        self.log = self._create_log()
        self.fleet = self._create_fleet()

    def _create_parameters(self) -> Parameters:
        around, data = self._around, self._around.data
        site, leases = data.site, data.leases
        args = ParametersArgs(
            path=f"{self._path}/",
            values={
                **around.shop.environment(self._service),
                "PROXIES": "2",  # the CDN, or the API Gateway, and the load balancer
                **self._region.proxy_environment,
                **({"SITE_BUCKET": site.name} if site else {}),
                **({"LEASES_TABLE": leases.name} if leases else {}),
            },
            region=self._region.code,
            account_id=self._region.account_id,
        )
        return Parameters(self._name, args, self._region.opts)

    def _create_log(self) -> ServiceLog:
        args = ServiceLogArgs(
            path=self._path,
            retention_days=self._region.settings.log_retention_days,
            kms_key_arn=self._region.key_arn,
        )
        return ServiceLog(self._name, args, self._region.opts)

    def _create_fleet(self) -> Fleet:
        settings, network, around = self._settings, self._region.network, self._around
        route = RouteArgs(patterns=settings.paths, hosts=settings.hosts)
        spread = self._region.settings.load_balancer.targets.model_dump()
        targets = TargetGroupArgs(port=PORT, health_path=HEALTH, **spread)
        target_group = around.load_balancer.route(self._name, route, targets)[LIVE]
        args = FleetArgs(
            vpc_id=network.vpc_id,
            subnet_ids=network.private_subnet_ids,
            machine=self._machine(),
            target_group_arns=[target_group.arn],
            min_size=settings.min_size,
            max_size=settings.max_size,
            scaling=self._scaling(target_group),
            health_check_grace=settings.health_check_grace,
            warm_up=settings.warm_up,
            capacity_timeout=settings.capacity_timeout,
            refresh=self._refresh(),
            warm_pool=WarmPoolArgs(**settings.warm_pool.model_dump()) if settings.warm_pool else None,
            launch_timeout=settings.launch_timeout,
            drain_timeout=settings.drain_timeout,
            max_lifetime_days=settings.max_lifetime_days,
            termination_policies=settings.termination_policies,
            protect_from_scale_in=settings.protect_from_scale_in,
            after=[
                *network.egress,
                around.data.database,
                *around.data.routes,
                around.load_balancer,
                self._parameters,
                *self._grants(),
            ],
        )
        return Fleet(self._name, args, self._region.opts)

    def _grants(self) -> list[pulumi.Resource]:
        """What its instances need of others: by the paths that they answer."""
        role, around, paths = self._identity.role, self._around, self._settings.paths
        site = around.data.site if routes.CATALOGUE in paths else None
        leases = around.data.leases
        return [
            self._parameters.grant_read(role),
            self.log.grant_write(role),
            around.data.artifacts.grant_read("app", role),
            # Any instance may be the one that relays the outbox: who holds the lease.
            *around.events.grant_relay(role),
            *([leases.grant_write(role)] if leases else []),
            *around.shop.grant(role, paths),
            *([site.grant_write(role, "media/")] if site else []),
        ]

    def _machine(self) -> MachineArgs:
        settings = self._settings
        return MachineArgs(
            image_id=self._region.image_id,
            instance_types=settings.instance_types,
            user_data=self._user_data(),
            description=pulumi.Output.concat("Configuration ", self._parameters.digest),
            instance_profile_arn=self._identity.profile.arn,
            volume=VolumeArgs(**settings.volume.model_dump()),
            spot=SpotArgs(**settings.spot.model_dump()) if settings.spot else None,
            detailed_monitoring=settings.detailed_monitoring,
            cpu_credits=settings.cpu_credits,
            tags=self._region.tags,
        )

    def _scaling(self, target_group: aws.lb.TargetGroup) -> ScalingArgs:
        settings, requests = self._settings.scaling, None
        if settings.requests:
            requests = RequestsArgs(
                target=settings.requests,
                load_balancer=self._around.load_balancer.resource.arn_suffix,
                target_group=target_group.arn_suffix,
                burst=settings.burst,
            )
        return ScalingArgs(
            cpu=settings.cpu,
            cpu_burst=settings.burst and self._settings.detailed_monitoring,
            requests=requests,
            predictive=settings.predictive,
            schedules={name: ScheduleArgs(**at.model_dump()) for name, at in settings.schedules.items()},
        )

    def _refresh(self) -> RefreshArgs:
        settings = self._settings.refresh
        return RefreshArgs(
            min_healthy=settings.min_healthy,
            max_healthy=settings.max_healthy,
            checkpoints=settings.checkpoints,
            checkpoint_delay=settings.checkpoint_delay,
            alarms=[physical_name(f"{self._name}-errors")] if settings.rollback_on_errors else [],
        )

    def _user_data(self) -> pulumi.Output[str]:
        app, settings = self._around.data.artifacts["app"], self._settings
        group, log = group_name(self._name), self.log.name  # outside of `apply`, which knows no project
        return pulumi.Output.all(app.bucket, app.key).apply(
            lambda place: user_data(
                Instance(
                    service=self._service,
                    region=self._region.code,
                    port=PORT,
                    artifact=Bundle(bucket=place[0], key=place[1], sha256=app.sha256),
                    parameters=self._parameters.path,
                    group=group,
                    health_path=HEALTH,
                    launch_hook=settings.warm_pool is not None or settings.launch_timeout is not None,
                    log=log,
                )
            )
        )

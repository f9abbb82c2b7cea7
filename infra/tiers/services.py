"""What answers the internet's requests: the load balancer, and fleets of instances behind it."""

from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws

from infra import routes
from infra.components.certificates import Certificate
from infra.components.fleet import Fleet, FleetArgs, InstanceRole
from infra.components.load_balancer import (
    LIVE,
    LoadBalancer,
    LoadBalancerArgs,
    RouteArgs,
    TargetGroupArgs,
)
from infra.components.parameters import Parameters, ParametersArgs
from infra.components.policy import Role
from infra.instance.user_data import Bundle, Instance, user_data
from infra.settings.compute import Service
from infra.tiers.data import Data
from infra.tiers.events import Events
from infra.tiers.region import Region
from infra.tiers.shop import Shop

SHOP = "shop"
PORT = 8080

CLOUDFRONT = "com.amazonaws.global.cloudfront.origin-facing"
"""AWS's own list of the addresses from which CloudFront reaches origins."""


class Services:
    """The services of a region.

    Attributes:
        load_balancer: what CloudFront reaches.
        fleets: the instances of each service, by its name.
    """

    def __init__(
        self, region: Region, data: Data, events: Events, shop: Shop, certificate: Certificate | None
    ) -> None:
        self._region = region
        self._settings = region.settings
        self._data = data
        self._events = events
        self._shop = shop
        self._certificate = certificate
        self.load_balancer = region.registry.add("services", self._load_balancer())
        self.fleets: Mapping[str, Fleet] = {
            name: region.registry.add(name, self._fleet(name, service))
            for name, service in self._settings.services.items()
        }
        for fleet in self.fleets.values():
            fleet.security_group.allow_from(self.load_balancer, PORT)
        data.database.allow_from(*self.fleets.values())
        data.cache.allow_from(*self.fleets.values())
        if region.proxy:
            region.proxy.allow_from(*self.fleets.values())

    def _load_balancer(self) -> LoadBalancer:
        network, settings = self._region.network, self._settings.load_balancer
        cloudfront = aws.ec2.get_managed_prefix_list_output(name=CLOUDFRONT, opts=self._region.invoke)
        args = LoadBalancerArgs(
            vpc_id=network.vpc_id,
            subnet_ids=network.public_subnet_ids,
            clients_prefix_list_id=cloudfront.id,
            origin_secret_version=settings.origin_secret_version,
            certificate_arn=self._certificate.arn if self._certificate else None,
            tls_policy=settings.tls_policy,
            idle_timeout=settings.idle_timeout,
            desync_mode=settings.desync_mode,
            logs=self._region.logs if settings.access_logs else None,
            connection_logs=settings.connection_logs,
            protect=self._settings.protect,
        )
        return LoadBalancer(self._region.named(SHOP), args, self._region.opts)

    def _fleet(self, service: str, settings: Service) -> Fleet:
        network, name = self._region.network, self._region.named(service)
        instance_role = InstanceRole(name, self._region.opts)
        parameters = self._parameters(service, name)
        route = RouteArgs(patterns=settings.paths, hosts=settings.hosts)
        spread = self._settings.load_balancer.targets.model_dump()
        targets = TargetGroupArgs(port=PORT, health_path="/live", **spread)
        groups = self.load_balancer.route(name, route, targets)
        needed = [
            parameters.grant_read(instance_role.role),
            self._data.artifacts.grant_read("app", instance_role.role),
            self._events.grant_publish(instance_role.role),  # the outbox is relayed from instances only
            *self._shop.grant(instance_role.role, settings.paths),
            *self._grant_filling(instance_role.role, settings.paths),
        ]
        args = FleetArgs(
            vpc_id=network.vpc_id,
            subnet_ids=network.private_subnet_ids,
            image_id=self._region.image_id,
            instance_type=settings.instance_types[0],
            volume_size=settings.volume_size,
            user_data=self._user_data(service, parameters.path),
            description=pulumi.Output.concat("Configuration ", parameters.digest),
            instance_profile_arn=instance_role.profile.arn,
            target_group_arns=[groups[LIVE].arn],
            min_size=settings.min_size,
            max_size=settings.max_size,
            cpu_target=settings.cpu_target,
            health_check_grace=settings.health_check_grace,
            tags=self._region.tags,
            after=[*network.egress, self._data.database, self.load_balancer, parameters, *needed],
        )
        return Fleet(name, args, self._region.opts)

    def _grant_filling(self, role: Role, paths: Sequence[str]) -> list[pulumi.Resource]:
        """Let the catalogue's instances put pictures: there an operator fills the shop."""
        if routes.CATALOGUE not in paths:
            return []
        return [self._data.site.grant_write(role, "media/")]

    def _parameters(self, service: str, name: str) -> Parameters:
        settings = self._settings
        args = ParametersArgs(
            path=f"/{settings.prefix}/{settings.stack}/{service}/",
            values={
                **self._shop.environment(service),
                **self._region.proxy_environment,
                "SITE_BUCKET": self._data.site.name,
            },
            region=self._region.code,
            account_id=self._region.account_id,
        )
        return Parameters(name, args, self._region.opts)

    def _user_data(self, service: str, parameters: str) -> pulumi.Output[str]:
        app = self._data.artifacts["app"]
        return pulumi.Output.all(app.bucket, app.key).apply(
            lambda place: user_data(
                Instance(
                    service=service,
                    region=self._region.code,
                    port=PORT,
                    artifact=Bundle(bucket=place[0], key=place[1], sha256=app.sha256),
                    parameters=parameters,
                )
            )
        )

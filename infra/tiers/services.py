"""What answers the internet's requests: the load balancer, and fleets of instances behind it."""

import pulumi_aws as aws

from infra.components.load_balancer import LoadBalancer, LoadBalancerArgs
from infra.tiers.data import Data
from infra.tiers.events import Events
from infra.tiers.region import Region
from infra.tiers.service import PORT, Service, Surroundings
from infra.tiers.shop import Shop

SHOP = "shop"

CLOUDFRONT = "com.amazonaws.global.cloudfront.origin-facing"
"""AWS's own list of the addresses from which CloudFront reaches origins."""


class Services:
    """The services of a region.

    Attributes:
        load_balancer: what CloudFront reaches.
        fleets: the instances of each service, by its name.
    """

    def __init__(self, region: Region, data: Data, events: Events, shop: Shop) -> None:
        self._region = region
        self._settings = region.settings
        self.load_balancer = region.registry.add("services", self._load_balancer())
        around = Surroundings(data=data, events=events, shop=shop, load_balancer=self.load_balancer)
        self.fleets = {
            name: region.registry.add(name, Service(name, service, region, around).fleet)
            for name, service in region.settings.services.items()
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
            certificate_arn=None,
            tls_policy=settings.tls_policy,
            idle_timeout=settings.idle_timeout,
            desync_mode=settings.desync_mode,
            logs=self._region.logs if settings.access_logs else None,
            connection_logs=settings.connection_logs,
            protect=self._settings.protect,
        )
        return LoadBalancer(self._region.named(SHOP), args, self._region.opts)

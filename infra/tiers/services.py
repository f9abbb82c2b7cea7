"""What answers the internet's requests: the load balancer, and fleets of instances behind it."""

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from infra.components.certificates import Certificate
from infra.components.load_balancer import LoadBalancer, LoadBalancerArgs
from infra.components.outbox import Outbox, OutboxArgs
from infra.tiers.data import RegionalData
from infra.tiers.events import DistantEvents, Events
from infra.tiers.service import PORT, Service, Surroundings
from infra.tiers.shop import Shop

SHOP = "shop"

CLOUDFRONT = "com.amazonaws.global.cloudfront.origin-facing"
"""AWS's own list of the addresses from which CloudFront reaches origins."""


class Services:
    """The services of a region.

    Attributes:
        region: where they are.
        load_balancer: what CloudFront reaches.
        fleets: the instances of each service, by its name.
    """

    def __init__(
        self,
        data: RegionalData,
        events: Events | DistantEvents,
        shop: Shop,
        certificate: Certificate | None,
        origin_secrets: Sequence[pulumi.Output[str]] = (),
    ) -> None:
        """
        Args:
            data, events, shop: the tiers below, and what the shop needs of them.
            certificate: of the load balancer's own name; None leaves it at HTTP.
            origin_secrets: what CloudFront brings along already; none makes new ones.
        """
        self.region = region = data.region
        self._origin_secrets = origin_secrets
        self._settings = region.settings
        self._certificate = certificate
        self.load_balancer = region.registry.add("services", self._load_balancer())
        around = Surroundings(data=data, events=events, shop=shop, load_balancer=self.load_balancer)
        all_services = {
            name: Service(name, service, around) for name, service in region.settings.services.items()
        }
        self.fleets = {
            name: region.registry.add(name, service.fleet) for name, service in all_services.items()
        }
        if isinstance(events, Events):  # instances elsewhere relay nothing
            logs = {name: service.log.group for name, service in all_services.items()}
            region.registry.add("services", Outbox("outbox", OutboxArgs(logs=logs), region.opts))
        for fleet in self.fleets.values():
            fleet.security_group.allow_from(self.load_balancer, PORT)
        data.database.allow_from(*self.fleets.values())
        data.cache.allow_from(*self.fleets.values())
        if region.proxy:
            region.proxy.allow_from(*self.fleets.values())

    def _load_balancer(self) -> LoadBalancer:
        network, settings = self.region.network, self._settings.load_balancer
        cloudfront = aws.ec2.get_managed_prefix_list_output(name=CLOUDFRONT, opts=self.region.invoke)
        args = LoadBalancerArgs(
            vpc_id=network.vpc_id,
            subnet_ids=network.public_subnet_ids,
            clients_prefix_list_id=cloudfront.id,
            origin_secret_version=settings.origin_secret_version,
            origin_secrets=self._origin_secrets,
            certificate_arn=self._certificate.arn if self._certificate else None,
            tls_policy=settings.tls_policy,
            idle_timeout=settings.idle_timeout,
            desync_mode=settings.desync_mode,
            logs=self.region.logs if settings.access_logs else None,
            connection_logs=settings.connection_logs,
            protect=self._settings.protect,
        )
        return LoadBalancer(self.region.named(SHOP), args, self.region.opts)

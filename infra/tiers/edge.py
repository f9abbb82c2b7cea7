"""Where the internet arrives: the CDN before the site, the gateway before the API."""

from collections.abc import Sequence
from typing import Literal

import pulumi

from infra import routes
from infra.components import cdn, gateway
from infra.components.alarms import Registry, Watchable
from infra.components.bucket import Bucket, BucketArgs
from infra.components.cdn import Cdn, CdnArgs
from infra.components.cdn_log import CdnLog, CdnLogArgs
from infra.components.dns import Probe, ProbeArgs, Target
from infra.components.gateway import Gateway, GatewayArgs
from infra.components.identity import Identity
from infra.components.load_balancer import LoadBalancer
from infra.components.observability import Observability, ObservabilityArgs
from infra.components.waf import Waf, WafArgs
from infra.tiers.data import Data
from infra.tiers.domain import Domain
from infra.tiers.functions import Functions
from infra.tiers.media import PRIVATE, PUBLISHED
from infra.tiers.region import GLOBAL
from infra.tiers.services import Services

FILE_PATTERNS = ("/media/*", "/assets/*")
MEDIA_PATTERNS = (f"/{PUBLISHED}*",)
PRIVATE_PATTERNS = (f"/{PRIVATE}*",)
NOT_FOUND_PAGE = "/404.html"
PROBE_PATH = "/live"


class Edge:
    """The edge of a stack.

    Attributes:
        gateway: HTTPS requests become calls of the API's function, or reach the services.
        cdn: one address for the site's files and the services' answers.
    """

    def __init__(
        self,
        domain: Domain,
        data: Data,
        identity: Identity,
        services: Sequence[Services],
        functions: Functions,
    ) -> None:
        """
        Args:
            domain, data, functions: of the first region.
            identity: who people are.
            services: of each region, the first one first.
        """
        self._region = domain.region
        self._settings = self._region.settings
        self._domain = domain
        for each in services:
            self._name_load_balancer(each)
        self.gateway = self._region.registry.add("edge", self._gateway(identity, services[0], functions))
        waf = self._global_waf() if self._settings.waf.enabled else None
        if self._settings.waf.regional:
            for each in services:
                self._regional_waf(each)
        self.cdn = self._cdn(data, [each.load_balancer for each in services], waf)
        if self._settings.cdn.logs:
            self._log_requests()
        probe = self._probe() if self._settings.cdn.probe else None
        self._watch(self.cdn, *(it for it in (waf, probe) if it))

    def _name_load_balancer(self, services: Services) -> None:
        """By latency also while there is one region: a record cannot change its kind in place."""
        balancer = services.load_balancer.resource
        target = Target(domain=balancer.dns_name, zone_id=balancer.zone_id, check_health=True)
        if self._domain.balancer_name:
            self._domain.point([self._domain.balancer_name], target, region=services.region.code)

    def _gateway(self, identity: Identity, services: Services, functions: Functions) -> Gateway:
        limits, settings = self._settings.functions.api, self._settings.gateway
        open_to_all, signed_in = (gateway.Route(target=settings.target, signed_in=it) for it in (False, True))
        answers = dict.fromkeys((gateway.DEFAULT, *routes.OPEN), open_to_all)
        answers |= dict.fromkeys(routes.SIGNED_IN, signed_in)
        for key, route in settings.routes.items():
            answers[key] = gateway.Route(
                target=route.target or settings.target,
                rate=route.rate,
                burst=route.burst,
                signed_in=route.signed_in or routes.is_for_signed_in(key),
            )
        targets = {route.target for route in answers.values()}
        args = GatewayArgs(
            function=functions.api,
            rate=limits.rate,
            burst=limits.burst,
            log_retention_days=self._settings.log_retention_days,
            log_kms_key_arn=self._region.key_arn,
            routes=answers,
            services=self._way_to(services) if "services" in targets else None,
            tokens=gateway.Tokens(issuer=identity.issuer, audience=[identity.client_id]),
            cors=gateway.Cors(**settings.cors.model_dump()) if settings.cors.origins else None,
            domain=self._api_domain(),
        )
        made = Gateway("api", args, self._region.opts)
        if made.target and self._domain.api_name:
            self._domain.point([self._domain.api_name], made.target)
        return made

    def _way_to(self, services: Services) -> gateway.Services:
        network, header = self._region.network, services.load_balancer.origin_header
        return gateway.Services(
            load_balancer=services.load_balancer,
            vpc_id=network.vpc_id,
            subnet_ids=network.private_subnet_ids,
            host=self._domain.balancer_name,
            headers=dict([header] if header else ()),
        )

    def _api_domain(self) -> gateway.OwnDomain | None:
        if not (self._domain.api_name and self._domain.certificate):
            return None
        return gateway.OwnDomain(name=self._domain.api_name, certificate_arn=self._domain.certificate.arn)

    def _global_waf(self) -> Waf:
        args = self._waf_args("CLOUDFRONT", self._region.code, self._region.global_key_arn)
        return Waf("firewall", args, self._region.global_opts)

    def _regional_waf(self, services: Services) -> None:
        region = services.region
        args = self._waf_args("REGIONAL", region.code, region.key_arn)
        firewall = region.registry.add("edge", Waf(region.named("balancer-firewall"), args, region.opts))
        services.load_balancer.associate_waf(firewall.arn)

    def _waf_args(
        self,
        scope: Literal["CLOUDFRONT", "REGIONAL"],
        region: str,
        key_arn: pulumi.Input[str] | None,
    ) -> WafArgs:
        settings = self._settings.waf
        return WafArgs(
            scope=scope,
            region=region,
            rate_limit=settings.rate_limit,
            rule_groups=settings.rule_groups,
            count={group: rules for group, rules in settings.count.items()},  # noqa: C416 - of other keys
            log=settings.log,
            log_retention_days=self._settings.log_retention_days,
            log_kms_key_arn=key_arn,
        )

    def _cdn(self, data: Data, balancers: Sequence[LoadBalancer], waf: Waf | None) -> Cdn:
        settings, (first, *others) = self._settings.cdn, balancers
        args = CdnArgs(
            site=data.site,
            media=data.media,
            service_domain=self._domain.balancer_name or first.dns_name,
            service_by_https=self._domain.balancer_name is not None,
            # A name of one's own stands for the load balancers of both regions already.
            fallback_domain=others[0].dns_name if others and not self._domain.balancer_name else None,
            origin_header=first.origin_header,
            media_patterns=MEDIA_PATTERNS,
            private=self._private_files(data),
            file_patterns=FILE_PATTERNS,
            cached_patterns=routes.CACHED,
            cached_by=routes.CACHED_BY,
            live_patterns=routes.LIVE,
            not_found_page=NOT_FOUND_PAGE,
            content_security_policy=settings.content_security_policy,
            price_class=settings.price_class,
            naming=self._site_naming(),
            web_acl_arn=waf.arn if waf else None,
            origin_shield=settings.origin_shield,
            countries=self._countries(),
        )
        made = Cdn("edge", args, self._region.opts)
        data.site.grant_cdn_read(made.distribution_arn)
        shown = [PUBLISHED, PRIVATE] if args.private else [PUBLISHED]
        data.media.grant_cdn_read(made.distribution_arn, shown)
        pages: Sequence[pulumi.Input[str]] = self._domain.site_names or [made.domain_name]
        data.media.allow_uploads_from(*(pulumi.Output.concat("https://", name) for name in pages))
        self._domain.point(self._domain.site_names, made.target)
        return made

    @staticmethod
    def _private_files(data: Data) -> cdn.PrivateFiles | None:
        if data.media_keys is None:
            return None
        return cdn.PrivateFiles(patterns=PRIVATE_PATTERNS, key_group_id=data.media_keys.group_id)

    def _site_naming(self) -> cdn.Naming | None:
        certificate = self._domain.edge_certificate
        if certificate is None:
            return None
        return cdn.Naming(aliases=self._domain.site_names, certificate_arn=certificate.arn)

    def _countries(self) -> cdn.Countries | None:
        settings = self._settings.cdn
        if settings.allowed_countries:
            return cdn.Countries(kind="whitelist", codes=settings.allowed_countries)
        if settings.refused_countries:
            return cdn.Countries(kind="blacklist", codes=settings.refused_countries)
        return None

    def _log_requests(self) -> None:
        # By S3's own key: of the stack's, the service that delivers would need to be told.
        bucket_args = BucketArgs(
            account_id=self._region.account_id,
            protect=self._settings.protect,
            takes_deliveries=True,
            expires_days=self._settings.log_retention_days,
        )
        args = CdnLogArgs(
            distribution_arn=self.cdn.distribution_arn,
            bucket=Bucket("edge-log", bucket_args, self._region.opts),
            account_id=self._region.account_id,
        )
        CdnLog("edge-log", args, self._region.global_opts)

    def _watch(self, *components: Watchable) -> None:
        """What CloudFront and Route 53 measure is in us-east-1, and so must be the alarms on it."""
        here = self._region.code == GLOBAL
        registry = self._region.registry if here else Registry()
        for component in components:
            registry.add("edge", component)
        if here:
            return
        args = ObservabilityArgs(
            region=GLOBAL,
            account_id=self._region.account_id,
            email=self._settings.alarm_email,
            alarms=registry.alarms(),
            dashboards=False,
            kms_key_arn=self._region.global_key_arn,
        )
        Observability("edge-alarms", args, self._region.global_opts)

    def _probe(self) -> Probe:
        args = ProbeArgs(domain=self.cdn.address, path=PROBE_PATH)
        return Probe("site", args, self._region.global_opts)

"""Where the internet arrives: the CDN before site and services, and the gateway before the API."""

from infra import routes
from infra.components.cdn import Cdn, CdnArgs
from infra.components.gateway import Gateway, GatewayArgs
from infra.tiers.data import Data
from infra.tiers.functions import Functions
from infra.tiers.region import Region
from infra.tiers.services import Services

FILE_PATTERNS = ("/media/*", "/assets/*")


class Edge:
    """The edge of a stack.

    Attributes:
        gateway: HTTPS requests become calls of the API's function.
        cdn: one address for the site's files and the services' answers.
    """

    def __init__(self, region: Region, data: Data, services: Services, functions: Functions) -> None:
        self._region = region
        self._settings = region.settings
        self.gateway = self._gateway(functions)
        self.cdn = self._cdn(data, services)

    def _gateway(self, functions: Functions) -> Gateway:
        settings = self._settings.functions.api
        args = GatewayArgs(function=functions.api, rate=settings.rate, burst=settings.burst)
        return Gateway("api", args, self._region.opts)

    def _cdn(self, data: Data, services: Services) -> Cdn:
        args = CdnArgs(
            site=data.site,
            service_domain=services.load_balancer.dns_name,
            origin_header=services.load_balancer.origin_header,
            file_patterns=FILE_PATTERNS,
            cached_patterns=routes.CACHED,
            live_patterns=routes.LIVE,
        )
        cdn = Cdn("edge", args, self._region.opts)
        data.site.grant_cdn_read(cdn.distribution_arn)
        return cdn

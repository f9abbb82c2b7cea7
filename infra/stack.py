"""The table of contents: which tiers a stack has, and how they build on each other."""

from collections.abc import Mapping

import pulumi

from infra import lineage
from infra.components import naming
from infra.components.tables import Replica
from infra.manifest import Manifest
from infra.settings import Settings
from infra.tiers.analytics import Analytics
from infra.tiers.data import Data
from infra.tiers.domain import Domain
from infra.tiers.edge import Edge
from infra.tiers.events import Events
from infra.tiers.functions import Functions
from infra.tiers.operations import Operations
from infra.tiers.protection import Protection
from infra.tiers.region import Location, Region
from infra.tiers.services import Services
from infra.tiers.shop import Shop


class Stack:
    """A whole stack; `infra/tiers/` has what each tier consists of."""

    def __init__(self, settings: Settings, manifest: Manifest) -> None:
        naming.begin_with(settings.prefix)
        lineage.keep_resources()
        region = Region(settings, settings.region)
        self.domain = Domain(region)
        second = settings.second_region.code
        elsewhere = Location(settings, second, primary=False) if second else None
        self.data = Data(region, manifest, self._replicas(elsewhere))
        self.events = Events(region)
        self.analytics = Analytics(region, self.events)
        shop = Shop(self.data, self.events)
        self.services = Services(region, self.data, self.events, shop, self.domain.certificate)
        self.functions = Functions(region, manifest, self.data, self.events, shop)
        self.edge = Edge(self.domain, self.data, self.events, self.services, self.functions)
        operations = Operations(region)
        Protection(region, elsewhere, self.data, operations.observability.topic_arn)

    def outputs(self) -> Mapping[str, object]:
        """What an operator, or a tool, wants to know of the stack."""
        return {
            "site_url": pulumi.Output.concat("https://", self.edge.cdn.address),
            "api_url": self.edge.gateway.url,
            "load_balancer_url": self._load_balancer_url(),
            "orders_queue_url": self.events.orders.url,
            "positions_stream": self.events.positions.name,
            "database_writer": self.data.database.writer,
            "database_readers": self.data.database.readers,
            "cache_endpoint": self.data.cache.endpoint,
            "site_bucket": self.data.site.name,
            "distribution_id": self.edge.cdn.distribution_id,
            **self._identity(),
            **({"name_servers": self.domain.name_servers} if self.domain.name_servers is not None else {}),
            "artifact_bucket": self.data.artifacts.bucket.name,
            **({"event_bus": self.events.bus.name} if self.events.bus else {}),
            **self.analytics.outputs,
        }

    @staticmethod
    def _replicas(elsewhere: Location | None) -> list[Replica]:
        if elsewhere is None or not elsewhere.settings.tables.replicated:
            return []
        return [Replica(region=elsewhere.code, kms_key_arn=elsewhere.key_arn)]

    def _load_balancer_url(self) -> pulumi.Input[str]:
        if own := self.domain.balancer_name:
            return f"https://{own}"
        return pulumi.Output.concat("http://", self.services.load_balancer.dns_name)

    def _identity(self) -> Mapping[str, object]:
        identity = self.edge.identity
        if identity is None:
            return {}
        return {"identity_issuer": identity.issuer, "identity_client_id": identity.client_id}

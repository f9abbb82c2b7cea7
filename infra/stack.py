"""The table of contents: which tiers a stack has, and how they build on each other."""

from collections.abc import Mapping

import pulumi

from infra import lineage
from infra.components import naming
from infra.components.tables import Replica
from infra.manifest import Manifest
from infra.settings import Settings
from infra.tiers import pipeline
from infra.tiers.accounts import accounts
from infra.tiers.analytics import Analytics
from infra.tiers.data import Data
from infra.tiers.domain import Domain
from infra.tiers.edge import Edge
from infra.tiers.events import ORDER_NOTIFICATIONS, DistantEvents, Events
from infra.tiers.functions import Functions
from infra.tiers.operations import Operations
from infra.tiers.protection import Protection
from infra.tiers.region import Location, Region, elsewhere
from infra.tiers.replicated_data import ReplicatedData
from infra.tiers.services import Services
from infra.tiers.shop import Shop


class Stack:
    """A whole stack; `infra/tiers/` has what each tier consists of."""

    def __init__(self, settings: Settings, manifest: Manifest) -> None:
        naming.begin_with(settings.prefix)
        lineage.keep_resources()
        region = Region(settings, settings.region)
        self.pipeline = region.pipeline
        second = elsewhere(settings)
        self.domain = Domain(region)
        self.data = Data(region, manifest, self._replicas(second))
        self.events = Events(region)
        self.analytics = Analytics(region, self.events)
        self.identity = accounts(self.events)
        shop = Shop(self.data, self.events, self.identity)
        self.services = Services(self.data, self.events, shop, self.domain.certificate)
        self.functions = Functions(region, manifest, self.data, self.events, shop)
        if self.analytics.kafka and self.events.topic_failures:
            self.functions.feed_from(self.analytics.kafka, self.events.topic_failures)
        services = [self.services, *self._services_in(second, manifest)]
        self.edge = Edge(self.domain, self.data, self.identity, services, self.functions)
        operations = Operations(region)
        Protection(region, second, self.data, operations.observability.topic_arn)
        if isinstance(second, Region):
            Operations(second)

    def outputs(self) -> Mapping[str, object]:
        """What an operator, or a tool, wants to know of the stack."""
        return {
            "site_url": pulumi.Output.concat("https://", self.edge.cdn.address),
            "api_url": self.edge.gateway.url,
            "load_balancer_url": self._load_balancer_url(),
            "event_bus": self.events.bus.name,
            "orders_queue_url": self.events.queues[ORDER_NOTIFICATIONS].url,
            "positions_stream": self.events.positions.name,
            "database_writer": self.data.database.writer,
            "database_readers": self.data.database.readers,
            "cache_endpoint": self.data.cache.endpoint,
            "site_bucket": self.data.site.name,
            "media_bucket": self.data.media.name,
            "distribution_id": self.edge.cdn.distribution_id,
            "identity_issuer": self.identity.issuer,
            "identity_client_id": self.identity.client_id,
            **({"name_servers": self.domain.name_servers} if self.domain.name_servers is not None else {}),
            "artifact_bucket": self.data.artifacts.bucket.name,
            **self.analytics.outputs,
            **pipeline.outputs(self.pipeline),
        }

    @staticmethod
    def _replicas(second: Location | None) -> list[Replica]:
        if second is None or not second.settings.tables.replicated:
            return []
        return [Replica(region=second.code, kms_key_arn=second.key_arn)]

    def _services_in(self, second: Location | None, manifest: Manifest) -> list[Services]:
        """The services of the second region, where it is one that serves."""
        if not isinstance(second, Region):
            return []
        data, events = ReplicatedData(second, manifest, self.data), DistantEvents(self.events)
        certificate = self.domain.certificate_in(second)
        secrets = self.services.load_balancer.origin_secrets
        return [Services(data, events, Shop(data, events, self.identity), certificate, secrets)]

    def _load_balancer_url(self) -> pulumi.Input[str]:
        if own := self.domain.balancer_name:
            return f"https://{own}"
        return pulumi.Output.concat("http://", self.services.load_balancer.dns_name)

"""What a second region has of the data: it reads what is near, and writes where the primaries are.

One region takes all writes, so that no order is placed twice and no stock is sold twice; what answers
requests stands in both.
"""

from infra.components.peering import Peering, PeeringArgs
from infra.manifest import Manifest
from infra.tiers import database
from infra.tiers.data import Data, RegionalData
from infra.tiers.region import Region


class ReplicatedData(RegionalData):
    """The data tier of a second region: replicas of the databases; a cache and artifacts of its own."""

    def __init__(self, region: Region, manifest: Manifest, first: Data) -> None:
        """
        Args:
            region, manifest: where it stands, and what is deployed.
            first: the data tier of the first region.
        """
        self.routes = _peering(first.region, region).routes
        replicas = database.replicas(region, first.database, first.region.network.cidr)
        shared = first.shared.at(region.code, home=first.region.code, account_id=region.account_id)
        payments = first.payments_secret.at(region.code, region.account_id)
        super().__init__(region, manifest, replicas, shared, payments)


def _peering(first: Region, second: Region) -> Peering:
    args = PeeringArgs(
        requester=first.network,
        accepter=second.network,
        accepter_region=second.code,
        accepter_provider=second.provider,
    )
    return Peering(second.named("peering"), args, first.opts)

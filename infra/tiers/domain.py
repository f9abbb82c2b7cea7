"""The names of a stack, where it has a domain of its own, and the certificates that prove them."""

from collections.abc import Sequence

from infra.components.certificates import Certificate, CertificateArgs
from infra.components.dns import Target, Zone, ZoneArgs
from infra.tiers.region import Region


class Domain:
    """The domain of a stack: in use, or about to be (its zone waits to be delegated), or not there.

    Attributes:
        region: the stack's first one.
        name_servers: what the parent zone must name; None unless the stack makes the zone.
        site_names: the names of the shop; none while the domain is not in use.
        api_name, balancer_name: of the API and of the load balancer, None while the domain is not in use.
        edge_certificate: for `site_names`, in us-east-1; None while the domain is not in use.
        certificate: for `api_name` and `balancer_name`, in the region; None while the domain is not in use.
    """

    def __init__(self, region: Region) -> None:
        self.region = region
        self._settings = region.settings.domain
        name = self._settings.name
        self._zone = self._make_zone(name) if name else None
        self.name_servers = self._zone.name_servers if self._zone else None
        self.site_names: Sequence[str] = ()
        self.api_name: str | None = None
        self.balancer_name: str | None = None
        self.edge_certificate: Certificate | None = None
        self.certificate: Certificate | None = None
        if self._zone and name and self._settings.in_use:
            self.site_names = (name, *self._settings.aliases)
            self.api_name, self.balancer_name = f"api.{name}", f"lb.{name}"
            self.edge_certificate = Certificate(
                "edge-certificate",
                CertificateArgs(zone=self._zone, names=self.site_names),
                region.global_opts,
            )
            self.certificate = self.certificate_in(region)

    def certificate_in(self, region: Region) -> Certificate | None:
        """A certificate for the API and the load balancer of `region`, each of which needs its own.

        It has the names of the shop, too: CloudFront asks the load balancer for the name that a viewer wants.
        """
        if not (self._zone and self.api_name and self.balancer_name):
            return None
        names = [self.api_name, self.balancer_name, *self.site_names]
        args = CertificateArgs(zone=self._zone, names=names)
        return Certificate(region.named("certificate"), args, region.opts)

    def point(self, names: Sequence[str], target: Target, *, region: str | None = None) -> None:
        """Let `names` stand for `target`, with `region` for those who are nearest to it (`Zone.alias`)."""
        if self._zone:
            for name in names:
                self._zone.alias(name, target, region=region)

    def _make_zone(self, name: str) -> Zone:
        args = ZoneArgs(
            domain=name,
            hosted_zone_id=self._settings.hosted_zone_id,
            protect=self.region.settings.protect,
        )
        return Zone("domain", args, self.region.opts)

"""Keeps an nginx for each enabled distribution."""

import asyncio
import urllib.parse

from scripts.local.runtime.cdns import deployed
from scripts.local.runtime.cdns.access_log import AccessLog, Served
from scripts.local.runtime.cdns.configuration import Addresses, Place, behaviour_names, render
from scripts.local.runtime.cdns.deployed import Distribution, Origin
from scripts.local.runtime.cdns.signatures import Signatures
from scripts.local.runtime.context import Context
from scripts.local.runtime.errors import LocalRuntimeError
from scripts.local.runtime.ports import HOST
from scripts.local.runtime.proxy import Proxy

# Seconds for which distributions are not read again once they are served: they seldom change.
TOPOLOGY_AGE = 10.0


class Cdns:
    """Follows the distributions: an edge that caches in front of their buckets and load balancers."""

    name = "cdns"
    # Origins that are not on this machine yet are waited for one by one.
    after: tuple[str, ...] = ()

    def __init__(self, context: Context) -> None:
        self._context = context
        self._distributions: list[Distribution] = []
        self._read_until = float("-inf")
        self._proxies: dict[str, Proxy] = {}
        self._logs: dict[str, AccessLog] = {}
        self._relay_ports: dict[str, int] = {}
        self._signatures: Signatures | None = None

    async def reconcile(self) -> bool:
        """Follow what is deployed; True when each distribution is served with all its origins at hand."""
        now = asyncio.get_running_loop().time()
        if now >= self._read_until:
            self._distributions = await deployed.distributions(self._context.aws)
        identifiers = {distribution.identifier for distribution in self._distributions}
        for gone in self._proxies.keys() - identifiers:
            await self._proxies.pop(gone).stop()
            del self._logs[gone]
        serving = all([await self._serve(distribution) for distribution in self._distributions])
        settled = serving and bool(self._distributions)
        if now >= self._read_until:
            self._read_until = now + TOPOLOGY_AGE if settled else now
        return serving

    async def close(self) -> None:
        """Have nobody look at signatures any more."""
        if self._signatures is not None:
            await self._signatures.close()

    def take(self) -> dict[str, list[Served]]:
        """Return what each distribution has served since the last time."""
        return {identifier: list(log.read()) for identifier, log in self._logs.items()}

    async def _serve(self, distribution: Distribution) -> bool:
        identifier = distribution.identifier
        if identifier not in self._proxies:
            port = self._context.ports.take("site", f"cdn {identifier}")
            self._proxies[identifier] = Proxy(self._context, f"cdn-{identifier}", "cdn", port)
            self._logs[identifier] = AccessLog(self._proxies[identifier].log)
            self._relay_ports[identifier] = self._context.ports.take("relay", f"cdn {identifier} relay")
        proxy = self._proxies[identifier]
        self._publish(distribution, proxy)
        places = {origin.identifier: self._place(origin) for origin in distribution.origins}
        at = Addresses(
            port=proxy.port,
            relay_port=self._relay_ports[identifier],
            signatures=self._signed_for(distribution),
        )
        return await proxy.serve(render(distribution, places, at, proxy.log))

    def _signed_for(self, distribution: Distribution) -> str:
        """Have signatures looked at by the keys of a distribution, if it has some; return where."""
        if all(behaviour.keys is None for behaviour in distribution.behaviours):
            return ""
        if self._signatures is None:
            self._signatures = Signatures()
        for name, behaviour in zip(behaviour_names(distribution), distribution.behaviours, strict=True):
            self._signatures.keys[f"{distribution.identifier}-{name}"] = behaviour.keys or {}
        return self._signatures.address

    def _place(self, origin: Origin) -> Place:
        """Return where an origin is on this machine; raises `LocalRuntimeError` while it is not here."""
        if origin.bucket:
            endpoint = urllib.parse.urlsplit(self._context.aws.endpoint)
            return Place(address=endpoint.netloc, path=f"/{origin.bucket}")
        addresses = self._context.addresses
        for deployed_address in (f"{origin.domain}:{origin.port}", f"https://{origin.domain}"):
            local = addresses.translate(deployed_address)
            if local != deployed_address:
                return Place(address=local.rpartition("/")[2], path="")
        raise LocalRuntimeError(
            f"The origin {origin.domain}:{origin.port} of a distribution is not on this machine."
            " It must be a bucket, a load balancer or an API that is deployed beside it."
        )

    def _publish(self, distribution: Distribution, proxy: Proxy) -> None:
        addresses = self._context.addresses
        for number, domain in enumerate(distribution.domains):
            first = number == 0 and distribution is self._distributions[0]
            addresses.publish(f"https://{domain}", proxy.url, "site" if first else None)
            addresses.publish(f"http://{domain}", proxy.url)
            addresses.publish(domain, f"{HOST}:{proxy.port}")

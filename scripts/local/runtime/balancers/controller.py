"""Keeps an nginx for each application load balancer, and checks the health of its targets."""

import asyncio
import contextlib
import functools
from dataclasses import dataclass
from pathlib import Path

from scripts.local.runtime.balancers import deployed
from scripts.local.runtime.balancers.configuration import Upstream, render
from scripts.local.runtime.balancers.deployed import HealthCheck, LoadBalancer, Spread, TargetGroup
from scripts.local.runtime.balancers.health import Checker, TargetHealth
from scripts.local.runtime.balancers.health_report import HealthReport
from scripts.local.runtime.context import Context
from scripts.local.runtime.errors import LocalRuntimeError
from scripts.local.runtime.ports import HOST
from scripts.local.runtime.proxy import Proxy

# Seconds for which what seldom changes is not read again: listeners, rules and attributes.
TOPOLOGY_AGE = 10.0
STANDARD_PORTS = {"HTTP": 80, "HTTPS": 443}


@dataclass(frozen=True, kw_only=True)
class Target:
    """A target as its group knows it (`id:port`), where it is on this machine, and how it is checked."""

    group: str
    registered: str
    address: str
    check: HealthCheck


class Balancers:
    """Follows load balancers, listeners, rules and target groups; unhealthy targets get no requests."""

    name = "balancers"
    # Targets that are not on this machine yet are waited for one by one.
    after: tuple[str, ...] = ()

    def __init__(self, context: Context) -> None:
        self._context = context
        self._balancers: list[LoadBalancer] = []
        self._groups: list[TargetGroup] = []
        self._spreads: dict[str, Spread] = {}
        self._topology_until = float("-inf")
        self._ports: dict[str, int] = {}
        self._proxies: dict[str, Proxy] = {}
        self._checkers: dict[Target, Checker] = {}
        self._health_report = HealthReport(context.aws.endpoint)
        self._lock = asyncio.Lock()
        self._applying: set[asyncio.Task[None]] = set()
        # One that takes over knows of no target how it is, and the balancers do.
        self._holds = context.takes_over

    async def reconcile(self) -> bool:
        """Follow what is deployed; True when each balancer listens and each registered target is healthy."""
        await self._read()
        self._check_targets()
        self._holds = self._holds and not all(one.is_sure for one in self._checkers.values())
        # Before nginx is told: what turns healthy from here on is not in its configuration yet.
        registered = sum(len(group.targets) for group in self._groups)
        healthy = sum(checker.health.state == "healthy" for checker in self._checkers.values())
        serving = await self._apply()
        self._report_targets()
        await self._health_report.tell(self.hosts())
        return serving and healthy == registered

    async def close(self) -> None:
        """End the health checks."""
        for checker in self._checkers.values():
            checker.close()
        self._checkers.clear()

    def logs(self) -> dict[str, Path]:
        """Return the access logs of the load balancers that serve, by their full names."""
        return {
            balancer.full_name: self._proxies[balancer.name].log
            for balancer in self._balancers
            if balancer.name in self._proxies
        }

    def hosts(self) -> dict[TargetGroup, dict[str, TargetHealth]]:
        """Return the target groups, each with the health of the targets that are here, by their `id:port`."""
        return {
            group: {
                target.registered: checker.health
                for target, checker in self._checkers.items()
                if target.group == group.arn
            }
            for group in self._groups
        }

    async def _read(self) -> None:
        aws = self._context.aws
        described = await deployed.target_groups(aws)
        arns = {group["TargetGroupArn"] for group in described}
        now = asyncio.get_running_loop().time()
        if now >= self._topology_until or arns != self._spreads.keys():
            self._balancers = await deployed.load_balancers(aws)
            self._spreads = {arn: await deployed.spread(aws, arn) for arn in sorted(arns)}
            # Nothing is remembered while a deployment may still be going on.
            settled = bool(self._proxies) and len(self._proxies) == len(self._balancers)
            self._topology_until = now + TOPOLOGY_AGE if settled else now
        self._groups = [
            await deployed.target_group(aws, group, self._spreads[group["TargetGroupArn"]])
            for group in described
        ]

    def _check_targets(self) -> None:
        """Check the registered targets that are on this machine, and no others."""
        wanted = {target for group in self._groups for target in self._targets(group)}
        for gone in self._checkers.keys() - wanted:
            self._checkers.pop(gone).close()
        for new in wanted - self._checkers.keys():
            self._checkers[new] = Checker(new.check, new.address, functools.partial(self._changed, new))

    def _targets(self, group: TargetGroup) -> list[Target]:
        places = {registered: self._context.addresses.translate(registered) for registered in group.targets}
        return [
            Target(group=group.arn, registered=registered, address=address, check=group.health_check)
            for registered, address in places.items()
            if address != registered
        ]

    def _changed(self, target: Target) -> None:
        """Take a target in or out at once, without waiting for the next reconciliation; and tell it."""
        if self._holds:
            return
        instance, health = target.registered.partition(":")[0], self._checkers[target].health
        if health.state == "healthy":
            sentence = f"{instance} answers its health checks and gets requests"
        else:
            failed = f"{target.check.unhealthy_threshold} health checks"
            sentence = f"{instance} failed {failed} ({health.detail}) and left the balancer"
        self._context.timeline.tell("health", instance, sentence)
        self._report_targets()  # it may be replaced, and no target any more, before the next reconciliation
        task = asyncio.create_task(self._apply_quietly())
        self._applying.add(task)
        task.add_done_callback(self._applying.discard)

    async def _apply_quietly(self) -> None:
        with contextlib.suppress(LocalRuntimeError):  # the next reconciliation reports it
            await self._apply()
            await self._health_report.tell(self.hosts())

    async def _apply(self) -> bool:
        """Configure each balancer's nginx as things are now; return whether all listen."""
        async with self._lock:
            names = {balancer.name for balancer in self._balancers}
            for gone in self._proxies.keys() - names:
                await self._proxies.pop(gone).stop()
                self._context.forwarded.pop(gone, None)
            upstreams = {group.arn: self._upstream(group) for group in self._groups}
            results = [await self._serve(balancer, upstreams) for balancer in self._balancers]
            return all(results)

    async def _serve(self, balancer: LoadBalancer, upstreams: dict[str, Upstream]) -> bool:
        if not balancer.listeners:
            return False
        for listener in (balancer.front, *balancer.listeners):  # the front one first: it has the fixed port
            if listener.arn not in self._ports:
                self._ports[listener.arn] = self._context.ports.take("load_balancer", listener.arn)
        if balancer.name not in self._proxies:
            port = self._ports[balancer.front.arn]
            proxy = Proxy(self._context, f"balancer-{balancer.name}", "balancer", port)
            self._proxies[balancer.name] = proxy
        self._publish(balancer)
        if self._holds:
            await self._proxies[balancer.name].keep()
            return False
        proxy, forwarded = self._proxies[balancer.name], self._context.forwarded
        wanted = frozenset(address for upstream in upstreams.values() for address in upstream.addresses)
        # Until the configuration is in force, the last one is.
        forwarded[balancer.name] = forwarded.get(balancer.name, frozenset()) | wanted
        serves = await proxy.serve(render(balancer, self._ports, upstreams, proxy.log))
        if serves:
            forwarded[balancer.name] = wanted
        return serves

    def _upstream(self, group: TargetGroup) -> Upstream:
        """Return where requests may go: to healthy targets; to all that failed where none is healthy.

        The latter is what AWS calls fail-open. A new target gets none before its first good check.
        """
        states = {
            target.address: checker.health.state
            for target, checker in self._checkers.items()
            if target.group == group.arn
        }
        for state in ("healthy", "unhealthy"):
            addresses = tuple(sorted(address for address, found in states.items() if found == state))
            if addresses:
                return Upstream(addresses=addresses, spread=group.spread)
        return Upstream(addresses=(), spread=group.spread)

    def _publish(self, balancer: LoadBalancer) -> None:
        addresses = self._context.addresses
        for listener in balancer.listeners:
            port = self._ports[listener.arn]
            addresses.publish(f"{balancer.dns_name}:{listener.port}", f"{HOST}:{port}")
            if listener.port == STANDARD_PORTS.get(listener.protocol):
                scheme = listener.protocol.lower()
                addresses.publish(f"{scheme}://{balancer.dns_name}", f"http://{HOST}:{port}")
        first = balancer is self._balancers[0]  # which has the short name
        front = f"http://{HOST}:{self._ports[balancer.front.arn]}"
        addresses.publish("", front, "load_balancer" if first else f"load_balancer-{balancer.name}")

    def _report_targets(self) -> None:
        """Tell the supervisor what the checks found of the processes behind the targets."""
        failures: dict[str, str] = {}
        for target, checker in self._checkers.items():
            healthy = checker.health.state == "healthy"
            failures[target.address] = failures.get(target.address) or (
                "" if healthy else checker.health.detail
            )
        for status in self._context.supervisor.statuses():
            failure = failures.get(f"{HOST}:{status.port}")
            if failure is not None and status.role == "app":
                self._context.supervisor.report_health(status.name, healthy=not failure, detail=failure)

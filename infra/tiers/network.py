"""The network of a region: made or adopted, its logs, and the forward proxy where there is one."""

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Network
from typing import TYPE_CHECKING

import pulumi
import pulumi_aws as aws

from infra.components.adopted_network import AdoptedNetwork, AdoptedNetworkArgs
from infra.components.flow_logs import FlowLogs, FlowLogsArgs
from infra.components.forward_proxy import ForwardProxy, ForwardProxyArgs
from infra.components.log_bucket import LogBucket, LogBucketArgs
from infra.components.network import Network, NetworkArgs
from infra.instance import squid
from infra.settings.network import ExistingVpc

if TYPE_CHECKING:
    from infra.tiers.region import Region

NETWORK = "network"
NAT_TYPES = {"arm64": "t4g.nano", "x86_64": "t3.nano"}
PROXY_TYPES = {"arm64": "t4g.micro", "x86_64": "t3.micro"}


class NetworkTier:
    """What everything in a region stands in.

    Attributes:
        network: its VPC and subnets.
        logs: where the network and its load balancers write their logs, None where none are kept there.
        proxy: the only way to the internet, None where NAT is one or nothing is.
    """

    def __init__(self, region: "Region", cidr: IPv4Network, reaches: Sequence[str]) -> None:
        """
        Args:
            region: a region that something runs in.
            cidr: addresses of its VPC.
            reaches: domains that the proxy lets through beside those of the settings.
        """
        self._region = region
        self._cidr = cidr
        self._reaches = reaches
        self._settings = region.settings.network
        self.logs = self._logs()
        self.network = self._network()
        self._flow_logs()
        self.proxy = self._proxy()

    @property
    def proxy_environment(self) -> Mapping[str, pulumi.Input[str]]:
        """By which programs find the proxy, and what they reach without it."""
        if not self.proxy:
            return {}
        region = self._region.code
        direct = ["localhost", "127.0.0.1", "169.254.169.254", f".{region}.amazonaws.com"]
        return {"HTTPS_PROXY": self.proxy.url, "NO_PROXY": ",".join(direct)}

    def _logs(self) -> LogBucket | None:
        settings = self._region.settings
        if self._settings.flow_logs != "s3" and not settings.load_balancer.access_logs:
            return None
        args = LogBucketArgs(
            region=self._region.code,
            account_id=self._region.account_id,
            retention_days=settings.log_retention_days,
            protect=settings.protect,
        )
        return LogBucket(self._region.named("network-logs"), args, self._region.opts)

    def _network(self) -> Network | AdoptedNetwork:
        vpc = self._settings.vpc if self._region.primary else None  # a VPC is in one region
        network = self._adopted(vpc) if vpc else self._own()
        return self._region.registry.add(NETWORK, network)

    def _own(self) -> Network:
        settings, region = self._settings, self._region
        available = aws.get_availability_zones_output(
            state="available",
            filters=[{"name": "opt-in-status", "values": ["opt-in-not-required"]}],  # no local zones
            opts=region.invoke,
        )
        args = NetworkArgs(
            cidr=self._cidr,
            zones=[available.names[number] for number in range(settings.zones)],
            region=region.code,
            account_id=region.account_id,
            nat=settings.nat,
            nat_image_id=region.image_id if settings.nat == "instance" else None,
            nat_instance_type=settings.nat_instance_type or NAT_TYPES[region.settings.architecture],
            interface_endpoints=settings.interface_endpoints,
        )
        return Network(region.named(NETWORK), args, region.opts)

    def _adopted(self, vpc: ExistingVpc) -> AdoptedNetwork:
        group = aws.ec2.get_security_group_output(vpc_id=vpc.id, name="default", opts=self._region.invoke)
        args = AdoptedNetworkArgs(
            vpc_id=vpc.id,
            cidr=self._cidr,
            default_security_group_id=group.id,
            public_subnet_ids=vpc.public_subnets,
            private_subnet_ids=vpc.private_subnets,
            isolated_subnet_ids=vpc.isolated_subnets,
        )
        return AdoptedNetwork(self._region.named(NETWORK), args, self._region.opts)

    def _flow_logs(self) -> None:
        if self._settings.flow_logs == "none":
            return
        bucket = self.logs if self._settings.flow_logs == "s3" else None
        args = FlowLogsArgs(
            vpc_id=self.network.vpc_id,
            bucket=bucket,
            log_retention_days=self._region.settings.log_retention_days,
            log_kms_key_arn=self._region.key_arn,
        )
        FlowLogs(self._region.named("network-flow-logs"), args, self._region.opts)

    def _proxy(self) -> ForwardProxy | None:
        settings, region = self._settings, self._region
        if not settings.proxy_domains:
            return None
        args = ForwardProxyArgs(
            vpc_id=self.network.vpc_id,
            cidr=self._cidr,
            public_subnet_ids=self.network.public_subnet_ids,
            private_subnet_ids=self.network.private_subnet_ids,
            domains=squid.covering([*settings.proxy_domains, *self._reaches]),
            image_id=region.image_id,
            instance_type=settings.proxy_instance_type or PROXY_TYPES[region.settings.architecture],
            tags=region.tags,
            protect=region.settings.protect,
            after=self.network.egress,
        )
        proxy = ForwardProxy(region.named("network-proxy"), args, region.opts)
        return region.registry.add(NETWORK, proxy)

"""The ground that everything stands on: a region of an account, and a network in it."""

from collections.abc import Sequence
from functools import cached_property
from ipaddress import IPv4Network

import pulumi
import pulumi_aws as aws

from infra.components.alarms import Registry
from infra.components.keys import Key, KeyArgs
from infra.settings import Settings
from infra.tiers.network import NetworkTier
from infra.tiers.pipeline import pipeline

AMAZON_LINUX = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-"
"""Public parameter with the newest Amazon Linux 2023 image of an architecture."""

GLOBAL = "us-east-1"
"""Where CloudFront looks for certificates, web ACLs and log deliveries, and keeps its metrics."""


class Location:
    """A region that a stack has something in.

    Attributes:
        settings: of the whole stack.
        code: such as `eu-central-1`.
        primary: whether it is the stack's first region, which has what a stack has once.
        provider: makes resources in this region.
        opts: makes a component, and all that is in it, in this region.
        invoke: asks AWS about this region.
        account_id: of the account, known once AWS has answered.
        registry: what is watched in this region.
        tags: on everything; the provider sets them, except where AWS does not let it.
        key_arn: the stack's own key in this region; None where AWS's own keys encrypt.
    """

    def __init__(self, settings: Settings, code: str, *, primary: bool = True) -> None:
        self.settings = settings
        self.code = code
        self.primary = primary
        self.registry = Registry()
        self.tags = _tags(settings)
        self.provider = self._provider(self.named("aws"), code)
        self.opts = pulumi.ResourceOptions(provider=self.provider)
        self.invoke = pulumi.InvokeOptions(provider=self.provider)
        self.account_id = aws.get_caller_identity_output(opts=self.invoke).account_id
        self.key_arn = self._key(self.named("data"), code, self.opts) if settings.encryption.own_key else None

    def named(self, name: str) -> str:
        """The logical name of something that each region has: a further region's carry its code."""
        return name if self.primary else f"{name}-{self.code}"

    @cached_property
    def global_opts(self) -> pulumi.ResourceOptions:
        """Makes a component where CloudFront looks for it, whatever the stack's own region."""
        if self.code == GLOBAL:
            return self.opts
        return pulumi.ResourceOptions(provider=self._provider("aws-global", GLOBAL))

    def _provider(self, name: str, region: str) -> aws.Provider:
        emulator = self.settings.emulator or None  # None leaves the provider's own default
        return aws.Provider(
            name,
            region=region,
            default_tags={"tags": self.tags},
            s3_use_path_style=emulator,
            skip_credentials_validation=emulator,
            skip_metadata_api_check=emulator,
        )

    @cached_property
    def global_key_arn(self) -> pulumi.Output[str] | None:
        """The stack's own key where CloudFront looks, made for the first who asks; None as for `key_arn`."""
        if self.key_arn is None or self.code == GLOBAL:
            return self.key_arn
        return self._key("data-global", GLOBAL, self.global_opts)

    def _key(self, name: str, region: str, opts: pulumi.ResourceOptions) -> pulumi.Output[str]:
        args = KeyArgs(
            region=region,
            account_id=self.account_id,
            rotation_days=self.settings.encryption.rotation_days,
            protect=self.settings.protect,
        )
        return Key(name, args, opts).arn


class Region(Location):
    """A region that something runs in.

    Attributes:
        image_id: Amazon Linux 2023, of the stack's architecture.
        pipeline: what deploys the stack, where a repository does; of the first region alone.
        network, logs, proxy, proxy_environment: the region's network, as `NetworkTier` has it.
    """

    def __init__(
        self,
        settings: Settings,
        code: str,
        *,
        primary: bool = True,
        cidr: IPv4Network | None = None,
        reaches: Sequence[str] = (),
    ) -> None:
        """
        Args:
            settings, code, primary: as of a location.
            cidr: addresses of the region's network, where they are not those of `network.cidr`.
            reaches: services of other regions, by their domains, that a forward proxy must let through.
        """
        super().__init__(settings, code, primary=primary)
        self.pipeline = pipeline(self) if primary else None  # before the first role: it bounds them all
        self.image_id = self._image()
        tier = NetworkTier(self, cidr or settings.network.cidr, reaches)
        self.network = tier.network
        self.logs = tier.logs
        self.proxy = tier.proxy
        self.proxy_environment = tier.proxy_environment

    def _image(self) -> pulumi.Input[str]:
        settings = self.settings
        if pinned := settings.compute.ami if self.primary else settings.second_region.ami:
            return pinned
        name = AMAZON_LINUX + self.settings.architecture
        # Every value of Parameter Store counts as a secret at first; this one is public.
        return pulumi.Output.unsecret(aws.ssm.get_parameter_output(name=name, opts=self.invoke).value)


def elsewhere(settings: Settings) -> Location | None:
    """The second region: a `Region` where it serves, else a mere place for copies; None is none."""
    second = settings.second_region
    if second.code is None:
        return None
    if not second.serves:
        return Location(settings, second.code, primary=False)
    # Couriers' positions and people's passwords go to the first region.
    reaches = [f"{service}.{settings.region}.amazonaws.com" for service in ("kinesis", "cognito-idp")]
    return Region(settings, second.code, primary=False, cidr=second.cidr, reaches=reaches)


def _tags(settings: Settings) -> dict[str, str]:
    own = {"Project": settings.project, "Stack": settings.stack, "Stage": settings.stage}
    return {**settings.tags, **own}

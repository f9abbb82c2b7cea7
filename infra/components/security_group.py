"""Who may talk to whom."""

from dataclasses import dataclass
from typing import Protocol

import pulumi
import pulumi_aws as aws

HTTPS = 443
LAMBDA_PATIENCE = pulumi.CustomTimeouts(delete="45m")
"""Lambda keeps the network interfaces of a function's published versions for some half an hour after its
deletion, and with them their groups; the provider would give up after 15 minutes."""


class Networked(Protocol):
    """Something in the VPC that has a security group of its own."""

    @property
    def security_group(self) -> "SecurityGroup": ...


@dataclass(frozen=True, kw_only=True)
class SecurityGroupArgs:
    """
    Attributes:
        vpc_id: the VPC it belongs to.
        description: who wears it. AWS cannot change it later: a new text replaces the group.
    """

    vpc_id: pulumi.Input[str]
    description: str


class SecurityGroup(pulumi.ComponentResource):
    """A security group that allows nothing until it is told to.

    Rules are resources of their own, never inline: of the two kinds, each `up` would wipe the other.
    """

    def __init__(
        self, name: str, args: SecurityGroupArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("blueprint:network:SecurityGroup", name, None, opts)
        self.name = name
        self._child = pulumi.ResourceOptions(parent=self)
        self.resource = aws.ec2.SecurityGroup(
            name,
            vpc_id=args.vpc_id,
            description=args.description,
            revoke_rules_on_delete=True,  # groups that name each other could not be deleted otherwise
            tags={"Name": name},
            opts=pulumi.ResourceOptions(parent=self, custom_timeouts=LAMBDA_PATIENCE),
        )
        self.register_outputs({"id": self.resource.id})

    def allow_from(self, client: Networked, port: int) -> None:
        """Let `client` open TCP connections to `port`: out of its group and into this one."""
        other = client.security_group
        self._let_in(other.name, port, group=other.resource.id)
        aws.vpc.SecurityGroupEgressRule(
            f"{other.name}-to-{self.name}-{port}",
            security_group_id=other.resource.id,
            referenced_security_group_id=self.resource.id,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            description=f"to {self.name}",
            opts=self._child,
        )

    def allow_from_network(self, label: str, cidr: str, port: int) -> None:
        """Let the addresses of a network, called `label`, open TCP connections to `port`."""
        self._let_in(label, port, cidr=cidr)

    def allow_to_network(self, label: str, cidr: str, port: int) -> None:
        """Let the group open TCP connections to `port` of a network, called `label`."""
        self._let_out(label, f"to {label}", cidr, port)

    def allow_from_prefix_list(self, label: str, prefix_list_id: pulumi.Input[str], port: int) -> None:
        """Let the addresses of a managed prefix list, called `label`, open TCP connections to `port`."""
        self._let_in(label, port, prefix_list=prefix_list_id)

    def allow_https_out(self) -> None:
        """Let the group call AWS and others by HTTPS: AWS publishes no list of its services' addresses."""
        self._let_out("internet", "to HTTPS anywhere", "0.0.0.0/0", HTTPS)

    def _let_in(
        self,
        label: str,
        port: int,
        *,
        group: pulumi.Input[str] | None = None,
        cidr: str | None = None,
        prefix_list: pulumi.Input[str] | None = None,
    ) -> None:
        """Let TCP connections to `port` in from one source, called `label`: a group, or addresses."""
        aws.vpc.SecurityGroupIngressRule(
            f"{self.name}-from-{label}-{port}",
            security_group_id=self.resource.id,
            referenced_security_group_id=group,
            cidr_ipv4=cidr,
            prefix_list_id=prefix_list,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            description=f"from {label}",
            opts=self._child,
        )

    def _let_out(self, label: str, description: str, cidr: str, port: int) -> None:
        """Let TCP connections out to `port` of the addresses in `cidr`."""
        aws.vpc.SecurityGroupEgressRule(
            f"{self.name}-to-{label}-{port}",
            security_group_id=self.resource.id,
            cidr_ipv4=cidr,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            description=description,
            opts=self._child,
        )

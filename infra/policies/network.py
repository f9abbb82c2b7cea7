"""Who reaches what by the network, and what is written down about it."""

from ipaddress import ip_network

from infra.policies.definition import Findings, Option, in_stack, on_each
from infra.policies.resource_types import VPC
from infra.policies.resources import Resource, Stack

INGRESS_RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS_RULE = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
SECURITY_GROUP = "aws:ec2/securityGroup:SecurityGroup"
DEFAULT_SECURITY_GROUP = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
SUBNET = "aws:ec2/subnet:Subnet"
NAT_GATEWAY = "aws:ec2/natGateway:NatGateway"
ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint"
FLOW_LOG = "aws:ec2/flowLog:FlowLog"

OPEN_PREFIX = 8
"""A network of a shorter prefix is as good as the whole internet: nobody owns that much of it."""

OPEN_PORTS = Option(
    name="openPorts", description="Ports that may be open to the internet.", default=(80, 443)
)


@on_each(
    INGRESS_RULE,
    remedy="Name the security group or network that may connect; publish through the load balancer.",
    options=[OPEN_PORTS],
)
def ingress_from_internet(rule: Resource) -> Findings:
    """What the internet reaches is attacked within minutes; only web ports belong there."""
    cidr = _internet(rule)
    if cidr is None:
        return
    protocol, first, last = (rule.get(key) for key in ("ipProtocol", "fromPort", "toPort"))
    allowed = set(rule.option(OPEN_PORTS.name))
    if protocol in ("-1", "all") or first is None or last is None:
        yield f"`{cidr}` may connect to every port."
    elif any(port not in allowed for port in range(int(first), int(last) + 1)):
        yield f"`{cidr}` may connect to ports {int(first)} to {int(last)}."


@on_each(EGRESS_RULE, remedy="Name the protocol and the port, such as TCP 443.", advisory=True)
def egress_of_everything(rule: Resource) -> Findings:
    """A way out by every protocol also carries data away, and calls of whoever broke in."""
    cidr = _internet(rule)
    if cidr is not None and rule.get("ipProtocol") in ("-1", "all"):
        yield f"everything may be sent to `{cidr}`."


@on_each(SECURITY_GROUP, remedy="Write each rule as a SecurityGroupIngressRule or SecurityGroupEgressRule.")
def security_group_rules_standalone(group: Resource) -> Findings:
    """Of inline and standalone rules of one group each update wipes the other kind."""
    for direction in ("ingress", "egress"):
        if group.get(direction):
            yield f"it has inline rules in `{direction}`."


@on_each(DEFAULT_SECURITY_GROUP, remedy="Remove the rules; give everything a group of its own.")
def default_security_group_closed(group: Resource) -> Findings:
    """What is created without a group wears the default one, and must reach nothing by accident."""
    for direction in ("ingress", "egress"):
        if group.get(direction):
            yield f"it has rules in `{direction}`."


@on_each(INGRESS_RULE, EGRESS_RULE, remedy="Say in `description` who connects.", advisory=True)
def security_group_rule_described(rule: Resource) -> Findings:
    """A rule that nobody can explain is never removed."""
    if not rule.get("description"):
        yield "it has no description."


@on_each(SUBNET, remedy="Leave `map_public_ip_on_launch` off; give an address to what needs one.")
def subnet_addresses_private(subnet: Resource) -> Findings:
    """A subnet that hands out public addresses publishes whatever is started in it."""
    if subnet.on("mapPublicIpOnLaunch"):
        yield "everything started in it gets a public address."


@in_stack(VPC, remedy="Create a FlowLog for the VPC.", production=True)
def vpc_flow_logs(vpc: Resource, stack: Stack) -> Findings:
    """After a break-in, flow logs are the only record of who talked to whom."""
    if not stack.about(vpc, FLOW_LOG, "vpcId"):
        yield "it has no flow log."


@in_stack(VPC, remedy="Create a gateway endpoint for the service: it costs nothing.", advisory=True)
def vpc_gateway_endpoints(vpc: Resource, stack: Stack) -> Findings:
    """Without them NAT gateways charge for each byte to S3 and DynamoDB, some 0.045 USD a GB."""
    if not _has_nat(vpc, stack):
        return
    services = [str(each.get("serviceName")) for each in stack.about(vpc, ENDPOINT, "vpcId")]
    for service in ("s3", "dynamodb"):
        if not any(name.endswith(f".{service}") for name in services):
            yield f"it has NAT gateways and no endpoint of {service}."


def _has_nat(vpc: Resource, stack: Stack) -> bool:
    return any(
        gateway.refers_to(subnet, "subnetId")
        for subnet in stack.about(vpc, SUBNET, "vpcId")
        for gateway in stack.of(NAT_GATEWAY)
    )


def _internet(rule: Resource) -> str | None:
    """The network that the rule is about, if that is the internet."""
    cidrs = [cidr for cidr in (rule.get("cidrIpv4"), rule.get("cidrIpv6")) if cidr]
    return next((cidr for cidr in cidrs if ip_network(cidr, strict=False).prefixlen < OPEN_PREFIX), None)

"""Cases of the policies on the network."""

from typing import Any

from infra.policies.network import (
    DEFAULT_SECURITY_GROUP,
    EGRESS_RULE,
    ENDPOINT,
    FLOW_LOG,
    INGRESS_RULE,
    NAT_GATEWAY,
    SECURITY_GROUP,
    SUBNET,
)
from infra.policies.resource_types import VPC
from tests.infra.policies.cases.case import Case
from tests.infra.policies.judging import given

TCP: dict[str, Any] = {"ipProtocol": "tcp"}
WITH_NAT = (
    given(SUBNET, "public", uses={"vpcId": ["subject"]}),
    given(NAT_GATEWAY, "nat", uses={"subnetId": ["public"]}),
)
S3 = given(ENDPOINT, "s3", uses={"vpcId": ["subject"]}, serviceName="com.amazonaws.us-east-1.s3")
DYNAMODB = given(
    ENDPOINT, "dynamodb", uses={"vpcId": ["subject"]}, serviceName="com.amazonaws.us-east-1.dynamodb"
)

CASES = {
    "ingress-from-internet": Case(
        keeps=[
            given(INGRESS_RULE, cidrIpv4="0.0.0.0/0", fromPort=443, toPort=443, **TCP),
            given(INGRESS_RULE, cidrIpv4="10.0.0.0/8", ipProtocol="-1"),
            given(INGRESS_RULE, referencedSecurityGroupId="sg-1", fromPort=22, toPort=22, **TCP),
        ],
        breaks={
            "`0.0.0.0/0` may connect to ports 22 to 22.": given(
                INGRESS_RULE, cidrIpv4="0.0.0.0/0", fromPort=22, toPort=22, **TCP
            ),
            "`::/0` may connect to ports 80 to 443.": given(
                INGRESS_RULE, cidrIpv6="::/0", fromPort=80, toPort=443, **TCP
            ),
            "`128.0.0.0/1` may connect to every port.": given(
                INGRESS_RULE, cidrIpv4="128.0.0.0/1", ipProtocol="-1"
            ),
        },
    ),
    "egress-of-everything": Case(
        keeps=[
            given(EGRESS_RULE, cidrIpv4="0.0.0.0/0", fromPort=443, toPort=443, **TCP),
            given(EGRESS_RULE, cidrIpv4="10.20.0.0/16", ipProtocol="-1"),
        ],
        breaks={
            "everything may be sent to `0.0.0.0/0`.": given(
                EGRESS_RULE, cidrIpv4="0.0.0.0/0", ipProtocol="-1"
            )
        },
    ),
    "security-group-rules-standalone": Case(
        keeps=[given(SECURITY_GROUP, vpcId="vpc-1"), given(SECURITY_GROUP, ingress=[])],
        breaks={
            "it has inline rules in `egress`.": given(
                SECURITY_GROUP, egress=[{"protocol": "-1", "fromPort": 0, "toPort": 0}]
            )
        },
    ),
    "default-security-group-closed": Case(
        keeps=[given(DEFAULT_SECURITY_GROUP, vpcId="vpc-1")],
        breaks={
            "it has rules in `ingress`.": given(
                DEFAULT_SECURITY_GROUP, ingress=[{"protocol": "-1", "fromPort": 0, "toPort": 0}]
            )
        },
    ),
    "security-group-rule-described": Case(
        keeps=[given(INGRESS_RULE, description="from the load balancer", **TCP)],
        breaks={"it has no description.": given(EGRESS_RULE, **TCP)},
    ),
    "subnet-addresses-private": Case(
        keeps=[given(SUBNET, mapPublicIpOnLaunch=False), given(SUBNET)],
        breaks={"everything started in it gets a public address.": given(SUBNET, mapPublicIpOnLaunch=True)},
    ),
    "vpc-flow-logs": Case(
        keeps=[
            [given(VPC), given(FLOW_LOG, "log", uses={"vpcId": ["subject"]})],
            [given(VPC), given(FLOW_LOG, "log", vpcId="subject-id")],
        ],
        breaks={"it has no flow log.": [given(VPC), given(FLOW_LOG, "log", vpcId="another-id")]},
    ),
    "vpc-gateway-endpoints": Case(
        keeps=[given(VPC), [given(VPC), *WITH_NAT, S3, DYNAMODB]],
        breaks={"it has NAT gateways and no endpoint of dynamodb.": [given(VPC), *WITH_NAT, S3]},
    ),
}

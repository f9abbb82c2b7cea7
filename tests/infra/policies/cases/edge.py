"""Cases of the policies on load balancers, distributions, gateways, certificates and firewalls."""

from typing import Any

from infra.policies.edge import (
    ACL_ASSOCIATION,
    ACL_LOGGING,
    CERTIFICATE,
    DELIVERY_SOURCE,
    DOMAIN_V1,
    DOMAIN_V2,
    HTTP_API,
    STAGE_V2,
)
from infra.policies.resource_types import DISTRIBUTION, LISTENER, LOAD_BALANCER, WEB_ACL
from tests.infra.policies.cases.case import Case
from tests.infra.policies.judging import Given, given

OF_BALANCER = {"loadBalancerArn": ["balancer"]}
REDIRECT = [{"type": "redirect", "redirect": {"protocol": "HTTPS", "statusCode": "HTTP_301"}}]
FORWARD = [{"type": "forward", "targetGroupArn": "arn"}]
BALANCER = given(LOAD_BALANCER, "balancer")
HTTPS = given(LISTENER, "https", uses=OF_BALANCER, protocol="HTTPS")


def http(actions: list[Any]) -> Given:
    return given(LISTENER, uses=OF_BALANCER, protocol="HTTP", defaultActions=actions)


CASES = {
    "listener-redirects": Case(
        keeps=[
            [http(REDIRECT), HTTPS, BALANCER],
            [http(FORWARD), BALANCER],
            [http(FORWARD), BALANCER, given(LISTENER, "other", protocol="HTTPS", loadBalancerArn="arn")],
        ],
        breaks={
            "it answers by plain HTTP although its load balancer speaks HTTPS.": [
                http(FORWARD),
                HTTPS,
                BALANCER,
            ]
        },
    ),
    "listener-tls": Case(
        keeps=[
            given(LISTENER, protocol="HTTPS", sslPolicy="ELBSecurityPolicy-TLS13-1-2-Res-2021-06"),
            given(LISTENER, protocol="HTTP"),
        ],
        breaks={
            "its TLS policy is `ELBSecurityPolicy-2016-08`.": given(
                LISTENER, protocol="HTTPS", sslPolicy="ELBSecurityPolicy-2016-08"
            ),
            "its TLS policy is `None`.": given(LISTENER, protocol="TLS"),
        },
    ),
    "load-balancer-drops-invalid-headers": Case(
        keeps=[
            given(LOAD_BALANCER, dropInvalidHeaderFields=True),
            given(LOAD_BALANCER, loadBalancerType="network"),
        ],
        breaks={"it passes invalid headers on.": given(LOAD_BALANCER)},
    ),
    "load-balancer-protected": Case(
        keeps=[given(LOAD_BALANCER, enableDeletionProtection=True)],
        breaks={"it can be deleted.": given(LOAD_BALANCER)},
    ),
    "load-balancer-logged": Case(
        keeps=[
            given(LOAD_BALANCER, accessLogs={"bucket": "logs", "enabled": True}),
            given(LOAD_BALANCER, loadBalancerType="network"),  # logs connections by TLS alone
        ],
        breaks={"it keeps no access log.": given(LOAD_BALANCER, accessLogs={"bucket": "logs"})},
    ),
    "distribution-https": Case(
        keeps=[
            given(
                DISTRIBUTION,
                defaultCacheBehavior={"viewerProtocolPolicy": "redirect-to-https"},
                orderedCacheBehaviors=[{"pathPattern": "/live", "viewerProtocolPolicy": "https-only"}],
            )
        ],
        breaks={
            "`the default behaviour` answers by plain HTTP.": given(
                DISTRIBUTION, defaultCacheBehavior={"viewerProtocolPolicy": "allow-all"}
            ),
            "`/live` answers by plain HTTP.": given(
                DISTRIBUTION,
                defaultCacheBehavior={"viewerProtocolPolicy": "https-only"},
                orderedCacheBehaviors=[{"pathPattern": "/live", "viewerProtocolPolicy": "allow-all"}],
            ),
        },
    ),
    "distribution-tls": Case(
        keeps=[
            given(DISTRIBUTION, viewerCertificate={"cloudfrontDefaultCertificate": True}),
            given(
                DISTRIBUTION,
                viewerCertificate={"acmCertificateArn": "arn", "minimumProtocolVersion": "TLSv1.2_2021"},
            ),
        ],
        breaks={
            "it speaks TLS from TLSv1.1_2016 on.": given(
                DISTRIBUTION,
                viewerCertificate={"acmCertificateArn": "arn", "minimumProtocolVersion": "TLSv1.1_2016"},
            ),
            "it speaks TLS from TLSv1 on.": given(
                DISTRIBUTION, viewerCertificate={"acmCertificateArn": "arn"}
            ),
        },
    ),
    "distribution-origin-access": Case(
        keeps=[
            given(DISTRIBUTION, origins=[{"originId": "site", "originAccessControlId": "E1"}]),
            given(DISTRIBUTION, origins=[{"originId": "shop", "customOriginConfig": {"httpPort": 80}}]),
        ],
        breaks={
            "origin `site` is read without an origin access control.": given(
                DISTRIBUTION,
                origins=[{"originId": "site", "s3OriginConfig": {"originAccessIdentity": "identity"}}],
            )
        },
    ),
    "distribution-origin-tls": Case(
        keeps=[
            given(
                DISTRIBUTION,
                origins=[{"originId": "shop", "customOriginConfig": {"originSslProtocols": ["TLSv1.2"]}}],
            )
        ],
        breaks={
            "origin `shop` may be spoken to by SSLv3, TLSv1.": given(
                DISTRIBUTION,
                origins=[
                    {
                        "originId": "shop",
                        "customOriginConfig": {"originSslProtocols": ["TLSv1.2", "TLSv1", "SSLv3"]},
                    }
                ],
            )
        },
    ),
    "distribution-firewall": Case(
        keeps=[given(DISTRIBUTION, webAclId="arn")],
        breaks={
            "it has no web ACL.": given(DISTRIBUTION),
            "it has no web ACL. ": given(DISTRIBUTION, webAclId=""),
        },
    ),
    "distribution-logged": Case(
        keeps=[
            given(DISTRIBUTION, loggingConfig={"bucket": "logs.s3.amazonaws.com"}),
            [given(DISTRIBUTION), given(DELIVERY_SOURCE, "source", uses={"resourceArn": ["subject"]})],
        ],
        breaks={"it keeps no access log.": given(DISTRIBUTION)},
    ),
    "api-throttled": Case(
        keeps=[
            given(STAGE_V2, defaultRouteSettings={"throttlingRateLimit": 50, "throttlingBurstLimit": 100})
        ],
        breaks={
            "it takes as many requests as the account may.": given(
                STAGE_V2, defaultRouteSettings={"throttlingRateLimit": 50}
            )
        },
    ),
    "api-logged": Case(
        keeps=[given(STAGE_V2, accessLogSettings={"destinationArn": "arn", "format": "{}"})],
        breaks={"it keeps no access log.": given(STAGE_V2)},
    ),
    "api-cors-narrow": Case(
        keeps=[
            given(HTTP_API, corsConfiguration={"allowOrigins": ["*"]}),
            given(
                HTTP_API,
                corsConfiguration={"allowOrigins": ["https://example.com"], "allowCredentials": True},
            ),
        ],
        breaks={
            "every origin may send credentials.": given(
                HTTP_API, corsConfiguration={"allowOrigins": ["*"], "allowCredentials": True}
            )
        },
    ),
    "api-domain-tls": Case(
        keeps=[
            given(DOMAIN_V2, domainNameConfiguration={"securityPolicy": "TLS_1_2"}),
            given(DOMAIN_V1, securityPolicy="TLS_1_2"),
        ],
        breaks={"its TLS policy is `TLS_1_0`.": given(DOMAIN_V1, securityPolicy="TLS_1_0")},
    ),
    "certificate-renews": Case(
        keeps=[given(CERTIFICATE, validationMethod="DNS"), given(CERTIFICATE, privateKey="key")],
        breaks={"it is not renewed by itself.": given(CERTIFICATE, validationMethod="EMAIL")},
    ),
    "load-balancer-firewall": Case(
        keeps=[
            [given(LOAD_BALANCER), given(ACL_ASSOCIATION, "association", resourceArn="subject-id")],
            [given(LOAD_BALANCER), given(DISTRIBUTION, "edge")],
            given(LOAD_BALANCER, internal=True),
            given(LOAD_BALANCER, loadBalancerType="network"),
        ],
        breaks={"neither a web ACL nor a distribution stands before it.": given(LOAD_BALANCER)},
    ),
    "firewall-logged": Case(
        keeps=[[given(WEB_ACL), given(ACL_LOGGING, "logging", uses={"resourceArn": ["subject"]})]],
        breaks={"it keeps no log.": given(WEB_ACL)},
    ),
}

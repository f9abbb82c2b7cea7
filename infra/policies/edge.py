"""What the internet meets first: load balancers, distributions, gateways, certificates, firewalls."""

from collections.abc import Iterator

from infra.policies.definition import Findings, Option, in_stack, on_each
from infra.policies.resource_types import DISTRIBUTION, LISTENER, LOAD_BALANCER, WEB_ACL
from infra.policies.resources import Block, Resource, Stack

HTTP_API = "aws:apigatewayv2/api:Api"
STAGE_V2 = "aws:apigatewayv2/stage:Stage"
DOMAIN_V2 = "aws:apigatewayv2/domainName:DomainName"
DOMAIN_V1 = "aws:apigateway/domainName:DomainName"
CERTIFICATE = "aws:acm/certificate:Certificate"
ACL_ASSOCIATION = "aws:wafv2/webAclAssociation:WebAclAssociation"
ACL_LOGGING = "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration"
DELIVERY_SOURCE = "aws:cloudwatch/logDeliverySource:LogDeliverySource"

LISTENER_POLICIES = Option(
    name="listenerPolicies",
    description="TLS policies that a load balancer's listener may have; `*` stands for anything.",
    default=("ELBSecurityPolicy-TLS13-1-2-*", "ELBSecurityPolicy-TLS13-1-3-*"),
)

VIEWER_VERSIONS = Option(
    name="viewerVersions",
    description="Least TLS versions that a distribution may offer to viewers.",
    default=("TLSv1.2_2021", "TLSv1.2_2025", "TLSv1.3_2025"),
)


@in_stack(LISTENER, remedy="Let its default action redirect to HTTPS with status 301.")
def listener_redirects(listener: Resource, stack: Stack) -> Findings:
    """Where HTTPS is spoken, an answer by plain HTTP only serves who listens on the way."""
    balancers = [each for each in stack.of(LOAD_BALANCER) if listener.refers_to(each, "loadBalancerArn")]
    siblings = [it for each in balancers for it in stack.about(each, LISTENER, "loadBalancerArn")]
    if listener.get("protocol") != "HTTP" or not any(it.get("protocol") == "HTTPS" for it in siblings):
        return
    if not any(
        action.get("type") == "redirect" and action.get("redirect.protocol") == "HTTPS"
        for action in listener.blocks("defaultActions")
    ):
        yield "it answers by plain HTTP although its load balancer speaks HTTPS."


@on_each(LISTENER, remedy="Choose a current `ssl_policy`.", options=[LISTENER_POLICIES])
def listener_tls(listener: Resource) -> Findings:
    """Old TLS versions can be read by who records them; the default policy still offers them."""
    if listener.get("protocol") not in ("HTTPS", "TLS"):
        return
    policy = str(listener.get("sslPolicy"))
    if not any(_fits(policy, allowed) for allowed in listener.option(LISTENER_POLICIES.name)):
        yield f"its TLS policy is `{policy}`."


@on_each(LOAD_BALANCER, remedy="Set `drop_invalid_header_fields`.")
def load_balancer_drops_invalid_headers(balancer: Resource) -> Findings:
    """Headers that two servers read differently smuggle one request inside another."""
    if _is_application(balancer) and not balancer.on("dropInvalidHeaderFields"):
        yield "it passes invalid headers on."


@on_each(LOAD_BALANCER, remedy="Set `enable_deletion_protection`.", production=True)
def load_balancer_protected(balancer: Resource) -> Findings:
    """A load balancer made anew has another address, and whoever points at the old one is lost."""
    if not balancer.on("enableDeletionProtection"):
        yield "it can be deleted."


@on_each(LOAD_BALANCER, remedy="Set `access_logs` with a bucket.", production=True)
def load_balancer_logged(balancer: Resource) -> Findings:
    """Its log is the only record of requests that no instance has answered."""
    if _is_application(balancer) and not balancer.on("accessLogs.enabled"):
        yield "it keeps no access log."


@on_each(DISTRIBUTION, remedy='Set `viewer_protocol_policy="redirect-to-https"` on every behaviour.')
def distribution_https(distribution: Resource) -> Findings:
    """What passes by plain HTTP can be read and changed on the way, cookies too."""
    for behaviour in _behaviours(distribution):
        if behaviour.get("viewerProtocolPolicy") == "allow-all":
            yield f"`{behaviour.get('pathPattern') or 'the default behaviour'}` answers by plain HTTP."


@on_each(
    DISTRIBUTION, remedy="Set `minimum_protocol_version` with the certificate.", options=[VIEWER_VERSIONS]
)
def distribution_tls(distribution: Resource) -> Findings:
    """With a certificate of one's own, CloudFront offers TLS 1.0 unless told otherwise."""
    certificate = distribution.block("viewerCertificate")
    version = certificate.get("minimumProtocolVersion")
    own = certificate.has("acmCertificateArn") or certificate.has("iamCertificateId")
    if own and version not in distribution.option(VIEWER_VERSIONS.name):
        yield f"it speaks TLS from {version or 'TLSv1'} on."


@on_each(DISTRIBUTION, remedy="Give each S3 origin an `origin_access_control_id`.")
def distribution_origin_access(distribution: Resource) -> Findings:
    """Without it the bucket has to be public, and whoever finds it passes the firewall by."""
    for origin in distribution.blocks("origins"):
        elsewhere = origin.has("customOriginConfig") or origin.has("vpcOriginConfig")
        if not elsewhere and not origin.has("originAccessControlId"):
            yield f"origin `{origin.get('originId')}` is read without an origin access control."


@on_each(DISTRIBUTION, remedy='Set `origin_ssl_protocols=["TLSv1.2"]` on each custom origin.')
def distribution_origin_tls(distribution: Resource) -> Findings:
    """Old protocols can be read by who records them, also behind CloudFront."""
    for origin in distribution.blocks("origins"):
        old = set(origin.get("customOriginConfig.originSslProtocols") or ()) - {"TLSv1.2", "TLSv1.3"}
        if old:
            yield f"origin `{origin.get('originId')}` may be spoken to by {', '.join(sorted(old))}."


@on_each(DISTRIBUTION, remedy="Set `web_acl_id` to a WebAcl of scope CLOUDFRONT.", production=True)
def distribution_firewall(distribution: Resource) -> Findings:
    """Scanners and floods are cheapest to stop where they arrive."""
    if not distribution.has("webAclId"):
        yield "it has no web ACL."


@in_stack(DISTRIBUTION, remedy="Set `logging_config`, or create a LogDeliverySource for it.", production=True)
def distribution_logged(distribution: Resource, stack: Stack) -> Findings:
    """What the edge answers from its cache is seen nowhere else."""
    if not distribution.has("loggingConfig") and not stack.about(
        distribution, DELIVERY_SOURCE, "resourceArn"
    ):
        yield "it keeps no access log."


@on_each(STAGE_V2, remedy="Set `throttling_rate_limit` and `throttling_burst_limit`.")
def api_throttled(stage: Resource) -> Findings:
    """Without limits of its own, one API uses up the account's, and Lambda's bill has no bounds."""
    settings = stage.block("defaultRouteSettings")
    if not settings.get("throttlingRateLimit") or not settings.get("throttlingBurstLimit"):
        yield "it takes as many requests as the account may."


@on_each(STAGE_V2, remedy="Set `access_log_settings` with a log group.", production=True)
def api_logged(stage: Resource) -> Findings:
    """Requests that are throttled or refused never reach a function's log."""
    if not stage.has("accessLogSettings.destinationArn"):
        yield "it keeps no access log."


@on_each(HTTP_API, remedy="Name the origins that may send credentials.")
def api_cors_narrow(api: Resource) -> Findings:
    """With credentials and every origin, any page that a customer opens may act in their name."""
    cors = api.block("corsConfiguration")
    if cors.on("allowCredentials") and "*" in (cors.get("allowOrigins") or ()):
        yield "every origin may send credentials."


@on_each(DOMAIN_V1, DOMAIN_V2, remedy='Set `security_policy="TLS_1_2"`.')
def api_domain_tls(domain: Resource) -> Findings:
    """Old TLS versions can be read by who records them."""
    policy = domain.get("securityPolicy") or domain.get("domainNameConfiguration.securityPolicy")
    if not str(policy).startswith(("TLS_1_2", "SecurityPolicy_TLS13_", "SecurityPolicy_TLS12_PFS_")):
        yield f"its TLS policy is `{policy}`."


@on_each(CERTIFICATE, remedy='Set `validation_method="DNS"`.')
def certificate_renews(certificate: Resource) -> Findings:
    """A certificate validated by mail ends on the day that nobody answers the mail."""
    imported = certificate.has("privateKey") or certificate.has("certificateAuthorityArn")
    if not imported and certificate.get("validationMethod") != "DNS":
        yield "it is not renewed by itself."


@in_stack(
    LOAD_BALANCER,
    remedy="Create a WebAclAssociation, or let only CloudFront's addresses connect.",
    production=True,
)
def load_balancer_firewall(balancer: Resource, stack: Stack) -> Findings:
    """A load balancer open to the internet is scanned around the clock."""
    exposed = _is_application(balancer) and not balancer.on("internal")
    if exposed and not stack.about(balancer, ACL_ASSOCIATION, "resourceArn") and not stack.of(DISTRIBUTION):
        yield "neither a web ACL nor a distribution stands before it."


@in_stack(WEB_ACL, remedy="Create a WebAclLoggingConfiguration.", production=True, advisory=True)
def firewall_logged(acl: Resource, stack: Stack) -> Findings:
    """Without its log nobody can tell an attack that was stopped from a customer who was."""
    if not stack.about(acl, ACL_LOGGING, "resourceArn"):
        yield "it keeps no log."


def _behaviours(distribution: Resource) -> Iterator[Block]:
    yield distribution.block("defaultCacheBehavior")
    yield from distribution.blocks("orderedCacheBehaviors")


def _is_application(balancer: Resource) -> bool:
    return balancer.get("loadBalancerType") in (None, "application")


def _fits(value: str, allowed: str) -> bool:
    return value.startswith(allowed[:-1]) if allowed.endswith("*") else value == allowed

"""The edge: one address for the site's files and the shop's answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.components import naming
from infra.components.alarms import Alarm
from infra.components.bucket import Bucket
from infra.components.dns import Target
from infra.components.response_headers import ResponseHeaders, ResponseHeadersArgs

NAME_LIMIT = 64

Behaviour = aws.cloudfront.DistributionOrderedCacheBehaviorArgs

# CloudFront's own policies; their ids are the same in every account.
CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
ALL_VIEWER = "216adef6-5c7f-47e4-b989-5492eafa07d3"
"""Passes every header, cookie and query parameter on to the origin."""

CATALOGUE_MAX_TTL = 60
"""Seconds that the edge may keep an answer of the shop, whatever the shop says."""

NO_DOCUMENT = "default-src 'none'; frame-ancestors 'none'"
"""Answers of a service are data, from which a browser must load nothing; a page among them says otherwise."""

SITE, MEDIA, SERVICE, FALLBACK = "site", "media", "service", "fallback"
EITHER = "service-or-fallback"

ALL_METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
READS = ("GET", "HEAD", "OPTIONS")
"""All that CloudFront lets a behaviour with a fallback accept."""

FAILURES = (500, 502, 503, 504)
"""Answers of the service for which its fallback is asked."""


@dataclass(frozen=True, kw_only=True)
class Naming:
    """Names of one's own for a distribution.

    Attributes:
        aliases: the names.
        certificate_arn: of a certificate for all of them, in us-east-1.
    """

    aliases: Sequence[str]
    certificate_arn: pulumi.Input[str]


@dataclass(frozen=True, kw_only=True)
class Countries:
    """Who is served, by country.

    Attributes:
        kind: `whitelist` serves those of `codes` only, `blacklist` all others.
        codes: two capital letters each, as in ISO 3166-1.
    """

    kind: str
    codes: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class PrivateFiles:
    """Files of the media bucket that are served at signed addresses alone.

    Attributes:
        patterns: their paths.
        key_group_id: the keys whose signatures are taken.
    """

    patterns: Sequence[str]
    key_group_id: pulumi.Input[str]


@dataclass(frozen=True, kw_only=True)
class CdnArgs:
    """
    Attributes:
        site: the bucket with the site's files; `site.grant_cdn_read` must follow.
        media: the bucket with what was uploaded and is shown; `media.grant_cdn_read` must follow.
        service_domain: where the service answers.
        service_by_https: whether a certificate names `service_domain`; else it is asked by HTTP.
        fallback_domain: where the service answers as well, by the same means; asked for what may be cached
            while `service_domain` fails. CloudFront repeats no request that might change something.
        origin_header: name and value of the header by which the service knows CloudFront; None is none.
        media_patterns: paths that are files of `media`; they come before those of the site.
        private: what of `media` is private; None is nothing.
        file_patterns: paths that are files of the site, beside everything that no pattern matches.
        cached_patterns: paths of the service whose answers are kept as long as they say, a minute at most.
        cached_by: request headers that tell such answers apart, beside all query parameters.
        live_patterns: paths of the service that are never kept.
        not_found_page: the page, a file of the site, that stands for a file that is not there.
        content_security_policy: what the site's pages may load.
        price_class: where edges are used.
        naming: names of its own; None is CloudFront's.
        web_acl_arn: the firewall before it, a web ACL in us-east-1.
        origin_shield: region of the cache between all edges and the service; None is no such cache.
        countries: who is served; None is everybody.
    """

    site: Bucket
    media: Bucket
    service_domain: pulumi.Input[str]
    media_patterns: Sequence[str]
    file_patterns: Sequence[str]
    cached_patterns: Sequence[str]
    cached_by: Sequence[str]
    live_patterns: Sequence[str]
    not_found_page: str
    content_security_policy: str
    price_class: str
    private: PrivateFiles | None = None
    service_by_https: bool = False
    fallback_domain: pulumi.Input[str] | None = None
    origin_header: tuple[str, pulumi.Input[str]] | None = None
    naming: Naming | None = None
    web_acl_arn: pulumi.Input[str] | None = None
    origin_shield: str | None = None
    countries: Countries | None = None


class Cdn(pulumi.ComponentResource):
    """A CloudFront distribution before a bucket and a service.

    Resources: origin access control, cache policy, response headers policies, distribution.

    Attributes:
        distribution_arn, distribution_id: of the distribution.
        domain_name: CloudFront's own name of it.
        address: where it answers: the first of its own names, else CloudFront's.
        target: what records of its own names point at.
        alarms: server errors. Their metrics are in us-east-1 only.
    """

    def __init__(self, name: str, args: CdnArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("blueprint:edge:Cdn", name, None, opts)
        self._name = name
        self._child = pulumi.ResourceOptions(parent=self)
        distribution = self._create_distribution(args)
        self.distribution_arn = distribution.arn
        self.distribution_id = distribution.id
        self.domain_name = distribution.domain_name
        self.target = Target(domain=distribution.domain_name, zone_id=distribution.hosted_zone_id, ipv6=True)
        self.address: pulumi.Input[str] = args.naming.aliases[0] if args.naming else self.domain_name
        self.alarms = [self._server_errors()]
        self.register_outputs({"domain_name": self.domain_name})

    def _create_distribution(self, args: CdnArgs) -> aws.cloudfront.Distribution:
        pages = self._headers("pages", args.content_security_policy, keeps_own_policy=False)
        answers = self._headers("answers", NO_DOCUMENT, keeps_own_policy=True)
        catalogue = self._short_lived(args.cached_by)
        files = [
            *(_private(args.private, answers.id) if args.private else ()),
            *(Behaviour(path_pattern=it, **_files(answers.id, MEDIA)) for it in args.media_patterns),
            *(Behaviour(path_pattern=it, **_files(pages.id)) for it in args.file_patterns),
        ]
        target, methods = (EITHER, READS) if args.fallback_domain else (SERVICE, ALL_METHODS)
        cached = [
            _service(pattern, catalogue.id, answers.id, target=target, methods=methods)
            for pattern in args.cached_patterns
        ]
        live = [_service(pattern, CACHING_DISABLED, answers.id) for pattern in args.live_patterns]
        return aws.cloudfront.Distribution(
            self._name,
            comment=naming.physical(self._name, 128),
            enabled=True,
            is_ipv6_enabled=True,
            http_version="http2and3",
            price_class=args.price_class,
            aliases=list(args.naming.aliases) if args.naming else None,
            default_root_object="index.html",
            origins=[*self._bucket_origins(args), *_service_origins(args)],
            origin_groups=[_fallback()] if args.fallback_domain else None,
            default_cache_behavior=aws.cloudfront.DistributionDefaultCacheBehaviorArgs(**_files(pages.id)),
            ordered_cache_behaviors=[*files, *cached, *live],
            custom_error_responses=[_not_found(args.not_found_page)],
            restrictions=aws.cloudfront.DistributionRestrictionsArgs(
                geo_restriction=_restriction(args.countries)
            ),
            viewer_certificate=_viewer_certificate(args.naming),
            web_acl_id=args.web_acl_arn,
            opts=self._child,
        )

    def _bucket_origins(self, args: CdnArgs) -> list[aws.cloudfront.DistributionOriginArgs]:
        access = aws.cloudfront.OriginAccessControl(
            self._name,
            name=naming.physical(self._name, NAME_LIMIT),
            description="Reads of the buckets of site and media",
            origin_access_control_origin_type="s3",
            signing_behavior="always",
            signing_protocol="sigv4",
            opts=self._child,
        )
        return [
            aws.cloudfront.DistributionOriginArgs(
                origin_id=origin_id, domain_name=bucket.domain_name, origin_access_control_id=access.id
            )
            for origin_id, bucket in ((SITE, args.site), (MEDIA, args.media))
        ]

    def _headers(self, label: str, policy: str, *, keeps_own_policy: bool) -> ResponseHeaders:
        args = ResponseHeadersArgs(
            comment=f"What browsers are told with {label}",
            content_security_policy=policy,
            keeps_own_policy=keeps_own_policy,
        )
        return ResponseHeaders(f"{self._name}-{label}", args, self._child)

    def _short_lived(self, headers: Sequence[str]) -> aws.cloudfront.CachePolicy:
        """Keeps an answer for as long as its Cache-Control says; query and headers tell answers apart."""
        return aws.cloudfront.CachePolicy(
            f"{self._name}-catalogue",
            name=naming.physical(f"{self._name}-catalogue", 128),
            comment="Answers of the service, by their own Cache-Control",
            min_ttl=0,
            default_ttl=0,
            max_ttl=CATALOGUE_MAX_TTL,
            parameters_in_cache_key_and_forwarded_to_origin={
                "cookies_config": {"cookie_behavior": "none"},
                "headers_config": {"header_behavior": "whitelist", "headers": {"items": headers}},
                "query_strings_config": {"query_string_behavior": "all"},
                "enable_accept_encoding_brotli": True,
                "enable_accept_encoding_gzip": True,
            },
            opts=self._child,
        )

    def _server_errors(self) -> Alarm:
        return Alarm(
            name=f"{self._name}-server-errors",
            description="More than 5 % of the CDN's answers are server errors; look at the load balancer.",
            namespace="AWS/CloudFront",
            metric="5xxErrorRate",
            dimensions={"DistributionId": self.distribution_id, "Region": "Global"},
            threshold=5,
        )


def _service_origins(args: CdnArgs) -> list[aws.cloudfront.DistributionOriginArgs]:
    origins = [_service_origin(SERVICE, args.service_domain, args)]
    if args.fallback_domain is not None:
        origins.append(_service_origin(FALLBACK, args.fallback_domain, args))
    return origins


def _service_origin(
    origin_id: str, domain: pulumi.Input[str], args: CdnArgs
) -> aws.cloudfront.DistributionOriginArgs:
    """By HTTP unless there is a domain of one's own: no certificate can name the load balancer before."""
    return aws.cloudfront.DistributionOriginArgs(
        origin_id=origin_id,
        domain_name=domain,
        custom_headers=_custom_headers(args.origin_header),
        custom_origin_config=aws.cloudfront.DistributionOriginCustomOriginConfigArgs(
            http_port=80,
            https_port=443,
            origin_protocol_policy="https-only" if args.service_by_https else "http-only",
            origin_ssl_protocols=["TLSv1.2"],
        ),
        origin_shield=aws.cloudfront.DistributionOriginOriginShieldArgs(
            enabled=True, origin_shield_region=args.origin_shield
        )
        if args.origin_shield
        else None,
    )


def _fallback() -> aws.cloudfront.DistributionOriginGroupArgs:
    return aws.cloudfront.DistributionOriginGroupArgs(
        origin_id=EITHER,
        failover_criteria=aws.cloudfront.DistributionOriginGroupFailoverCriteriaArgs(
            status_codes=list(FAILURES)
        ),
        members=[
            aws.cloudfront.DistributionOriginGroupMemberArgs(origin_id=origin_id)
            for origin_id in (SERVICE, FALLBACK)
        ],
    )


def _custom_headers(
    header: tuple[str, pulumi.Input[str]] | None,
) -> list[aws.cloudfront.DistributionOriginCustomHeaderArgs] | None:
    if header is None:
        return None
    return [aws.cloudfront.DistributionOriginCustomHeaderArgs(name=header[0], value=header[1])]


def _files(headers_policy_id: pulumi.Input[str], origin_id: str = SITE) -> dict[str, Any]:
    """What the default behaviour and one with a pattern have in common."""
    return {
        "target_origin_id": origin_id,
        "viewer_protocol_policy": "redirect-to-https",
        "allowed_methods": ["GET", "HEAD"],
        "cached_methods": ["GET", "HEAD"],
        "cache_policy_id": CACHING_OPTIMIZED,
        "response_headers_policy_id": headers_policy_id,
        "compress": True,
    }


def _private(private: PrivateFiles, headers_policy_id: pulumi.Input[str]) -> list[Behaviour]:
    groups = [private.key_group_id]
    return [
        Behaviour(path_pattern=it, trusted_key_groups=groups, **_files(headers_policy_id, MEDIA))
        for it in private.patterns
    ]


def _service(
    pattern: str,
    cache_policy_id: pulumi.Input[str],
    headers_policy_id: pulumi.Input[str],
    *,
    target: str = SERVICE,
    methods: Sequence[str] = ALL_METHODS,
) -> Behaviour:
    return Behaviour(
        path_pattern=pattern,
        target_origin_id=target,
        viewer_protocol_policy="redirect-to-https",
        allowed_methods=list(methods),
        cached_methods=["GET", "HEAD"],
        cache_policy_id=cache_policy_id,
        origin_request_policy_id=ALL_VIEWER,
        response_headers_policy_id=headers_policy_id,
        compress=True,
    )


def _not_found(page: str) -> aws.cloudfront.DistributionCustomErrorResponseArgs:
    """S3 answers 403 for what is not there to those who may not list the bucket.

    404 itself is not touched: such a response holds for all paths, and the service's own 404 is data.
    """
    return aws.cloudfront.DistributionCustomErrorResponseArgs(
        error_code=403, response_code=404, response_page_path=page, error_caching_min_ttl=10
    )


def _restriction(countries: Countries | None) -> aws.cloudfront.DistributionRestrictionsGeoRestrictionArgs:
    if countries is None:
        return aws.cloudfront.DistributionRestrictionsGeoRestrictionArgs(restriction_type="none")
    return aws.cloudfront.DistributionRestrictionsGeoRestrictionArgs(
        restriction_type=countries.kind, locations=list(countries.codes)
    )


def _viewer_certificate(own: Naming | None) -> aws.cloudfront.DistributionViewerCertificateArgs:
    if own is None:
        return aws.cloudfront.DistributionViewerCertificateArgs(cloudfront_default_certificate=True)
    return aws.cloudfront.DistributionViewerCertificateArgs(
        acm_certificate_arn=own.certificate_arn,
        ssl_support_method="sni-only",
        minimum_protocol_version="TLSv1.2_2021",
    )

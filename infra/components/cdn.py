"""The edge: one address for the site's files and the shop's answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.components import naming
from infra.components.bucket import Bucket

NAME_LIMIT = 64

Behaviour = aws.cloudfront.DistributionOrderedCacheBehaviorArgs

# CloudFront's own policies; their ids are the same in every account.
CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
ALL_VIEWER = "216adef6-5c7f-47e4-b989-5492eafa07d3"
"""Passes every header, cookie and query parameter on to the origin."""

CATALOGUE_MAX_TTL = 60
"""Seconds that the edge may keep an answer of the shop, whatever the shop says."""


@dataclass(frozen=True, kw_only=True)
class CdnArgs:
    """
    Attributes:
        site: the bucket with the site's files; `site.grant_cdn_read` must follow.
        service_domain: where the service answers by HTTP.
        origin_header: name and value of the header by which the service knows CloudFront; None is none.
        file_patterns: paths that are files of the site, beside everything that no pattern matches.
        cached_patterns: paths of the service whose answers are kept as long as they say, a minute at most.
        live_patterns: paths of the service that are never kept.
    """

    site: Bucket
    service_domain: pulumi.Input[str]
    origin_header: tuple[str, pulumi.Input[str]] | None
    file_patterns: Sequence[str]
    cached_patterns: Sequence[str]
    live_patterns: Sequence[str]


class Cdn(pulumi.ComponentResource):
    """A CloudFront distribution before a bucket and a service.

    Resources: origin access control, cache policy, distribution.

    Attributes:
        distribution_arn, distribution_id: of the distribution.
        domain_name: where it answers.
    """

    def __init__(self, name: str, args: CdnArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("blueprint:edge:Cdn", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        access = aws.cloudfront.OriginAccessControl(
            name,
            name=naming.physical(name, NAME_LIMIT),
            description="Reads of the site's bucket",
            origin_access_control_origin_type="s3",
            signing_behavior="always",
            signing_protocol="sigv4",
            opts=child,
        )
        catalogue = self._short_lived(name, child)
        site, service = "site", "service"
        files = [Behaviour(path_pattern=pattern, **_files(site)) for pattern in args.file_patterns]
        cached = [_service(service, pattern, catalogue.id) for pattern in args.cached_patterns]
        live = [_service(service, pattern, CACHING_DISABLED) for pattern in args.live_patterns]
        distribution = aws.cloudfront.Distribution(
            name,
            comment=naming.physical(name, 128),
            enabled=True,
            is_ipv6_enabled=True,
            http_version="http2and3",
            price_class="PriceClass_100",
            default_root_object="index.html",
            origins=[
                _bucket_origin(site, args.site.domain_name, access.id),
                _service_origin(service, args.service_domain, args.origin_header),
            ],
            default_cache_behavior=aws.cloudfront.DistributionDefaultCacheBehaviorArgs(**_files(site)),
            ordered_cache_behaviors=[*files, *cached, *live],
            restrictions={"geo_restriction": {"restriction_type": "none"}},
            viewer_certificate={"cloudfront_default_certificate": True},
            opts=child,
        )
        self.distribution_arn = distribution.arn
        self.distribution_id = distribution.id
        self.domain_name = distribution.domain_name
        self.register_outputs({"domain_name": self.domain_name})

    def _short_lived(self, name: str, opts: pulumi.ResourceOptions) -> aws.cloudfront.CachePolicy:
        """Keeps an answer for as long as its Cache-Control says; query parameters tell answers apart."""
        return aws.cloudfront.CachePolicy(
            f"{name}-catalogue",
            name=naming.physical(f"{name}-catalogue", 128),
            comment="Answers of the service, by their own Cache-Control",
            min_ttl=0,
            default_ttl=0,
            max_ttl=CATALOGUE_MAX_TTL,
            parameters_in_cache_key_and_forwarded_to_origin={
                "cookies_config": {"cookie_behavior": "none"},
                "headers_config": {"header_behavior": "none"},
                "query_strings_config": {"query_string_behavior": "all"},
                "enable_accept_encoding_brotli": True,
                "enable_accept_encoding_gzip": True,
            },
            opts=opts,
        )


def _bucket_origin(
    origin_id: str, domain: pulumi.Input[str], access_id: pulumi.Input[str]
) -> aws.cloudfront.DistributionOriginArgs:
    return aws.cloudfront.DistributionOriginArgs(
        origin_id=origin_id, domain_name=domain, origin_access_control_id=access_id
    )


def _service_origin(
    origin_id: str, domain: pulumi.Input[str], header: tuple[str, pulumi.Input[str]] | None
) -> aws.cloudfront.DistributionOriginArgs:
    """By HTTP: without a domain of one's own, no certificate can name the load balancer."""
    return aws.cloudfront.DistributionOriginArgs(
        origin_id=origin_id,
        domain_name=domain,
        custom_headers=[aws.cloudfront.DistributionOriginCustomHeaderArgs(name=header[0], value=header[1])]
        if header
        else None,
        custom_origin_config=aws.cloudfront.DistributionOriginCustomOriginConfigArgs(
            http_port=80,
            https_port=443,
            origin_protocol_policy="http-only",
            origin_ssl_protocols=["TLSv1.2"],
        ),
    )


def _files(origin_id: str) -> dict[str, Any]:
    """What the default behaviour and one with a pattern have in common."""
    return {
        "target_origin_id": origin_id,
        "viewer_protocol_policy": "redirect-to-https",
        "allowed_methods": ["GET", "HEAD"],
        "cached_methods": ["GET", "HEAD"],
        "cache_policy_id": CACHING_OPTIMIZED,
        "compress": True,
    }


def _service(origin_id: str, pattern: str, cache_policy_id: pulumi.Input[str]) -> Behaviour:
    return Behaviour(
        path_pattern=pattern,
        target_origin_id=origin_id,
        viewer_protocol_policy="redirect-to-https",
        allowed_methods=["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"],
        cached_methods=["GET", "HEAD"],
        cache_policy_id=cache_policy_id,
        origin_request_policy_id=ALL_VIEWER,
        compress=True,
    )

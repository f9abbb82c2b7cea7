"""What the edge tells browsers beside each answer: how to treat it safely."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.components import naming

NAME_LIMIT = 128
HSTS_SECONDS = 31_536_000
"""A year, for which browsers then come by HTTPS only."""


@dataclass(frozen=True, kw_only=True)
class ResponseHeadersArgs:
    """
    Attributes:
        comment: whose answers they are added to.
        content_security_policy: what a page may load, and from where.
        keeps_own_policy: an answer that has a Content-Security-Policy of its own keeps it.
    """

    comment: str
    content_security_policy: str
    keeps_own_policy: bool


class ResponseHeaders(pulumi.ComponentResource):
    """A response headers policy of CloudFront.

    Resources: response headers policy.

    Attributes:
        id: of the policy.
    """

    def __init__(
        self, name: str, args: ResponseHeadersArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("blueprint:edge:ResponseHeaders", name, None, opts)
        policy = aws.cloudfront.ResponseHeadersPolicy(
            name,
            name=naming.physical(name, NAME_LIMIT),
            comment=args.comment,
            security_headers_config={
                "strict_transport_security": {
                    "access_control_max_age_sec": HSTS_SECONDS,
                    "include_subdomains": False,  # who owns a domain may have other hosts below it
                    "override": True,
                },
                "content_security_policy": {
                    "content_security_policy": args.content_security_policy,
                    "override": not args.keeps_own_policy,
                },
                "content_type_options": {"override": True},
                "frame_options": {"frame_option": "DENY", "override": True},
                "referrer_policy": {"referrer_policy": "strict-origin-when-cross-origin", "override": True},
            },
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.id = policy.id
        self.register_outputs({"id": self.id})

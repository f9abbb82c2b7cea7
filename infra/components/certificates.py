"""Certificates: what proves that a name is ours."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.components.dns import Zone


@dataclass(frozen=True, kw_only=True)
class CertificateArgs:
    """
    Attributes:
        zone: holds every name; its parent must name its name servers by now, or AWS checks in vain.
        names: that the certificate is for, the first one its own.
    """

    zone: Zone
    names: Sequence[str]


class Certificate(pulumi.ComponentResource):
    """A certificate of ACM that renews itself, proven by records in the zone.

    It is of the region of its provider: CloudFront takes those of us-east-1 only, a load balancer or an API
    those of its own region.

    Resources: certificate, a record for each name, validation.

    Attributes:
        arn: of the certificate, once it is issued.
    """

    def __init__(self, name: str, args: CertificateArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("blueprint:edge:Certificate", name, None, opts)
        self._name = name
        self._zone = args.zone
        self._child = pulumi.ResourceOptions(parent=self)
        first, *others = args.names
        certificate = aws.acm.Certificate(
            name,
            domain_name=first,
            subject_alternative_names=others,
            validation_method="DNS",
            opts=self._child,
        )
        records = [self._prove(certificate, each) for each in args.names]
        validation = aws.acm.CertificateValidation(
            name,
            certificate_arn=certificate.arn,
            validation_record_fqdns=[record.fqdn for record in records],
            opts=self._child,
        )
        self.arn = validation.certificate_arn
        self.register_outputs({"arn": self.arn})

    def _prove(self, certificate: aws.acm.Certificate, domain: str) -> aws.route53.Record:
        """Make the record for one of its names: known beforehand, so that a preview shows it."""
        wanted = certificate.domain_validation_options.apply(
            lambda options: next(option for option in options if option.domain_name == domain)
        )
        return aws.route53.Record(
            f"{self._name}-{domain}",
            zone_id=self._zone.id,
            name=wanted.resource_record_name,
            type=wanted.resource_record_type,
            records=[wanted.resource_record_value],
            ttl=300,
            # ACM wants the same record of an account for certificates of a name in several regions.
            allow_overwrite=True,
            opts=self._child,
        )

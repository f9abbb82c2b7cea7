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

    Resources: certificate, validation; the records are the zone's.

    Attributes:
        arn: of the certificate, once it is issued.
    """

    def __init__(self, name: str, args: CertificateArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("blueprint:edge:Certificate", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        first, *others = args.names
        certificate = aws.acm.Certificate(
            name,
            domain_name=first,
            subject_alternative_names=others,
            validation_method="DNS",
            opts=child,
        )
        proofs = [args.zone.prove(each, certificate) for each in args.names]
        validation = aws.acm.CertificateValidation(
            name,
            certificate_arn=certificate.arn,
            validation_record_fqdns=[proof.fqdn for proof in proofs],
            opts=child,
        )
        self.arn = validation.certificate_arn
        self.register_outputs({"arn": self.arn})

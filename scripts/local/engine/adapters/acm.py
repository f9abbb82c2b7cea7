"""aws:acm: certificates."""

from scripts.local.engine.registry import Created, creates
from scripts.local.engine.resource import Resource, tag_list


@creates("aws:acm/certificate:Certificate")
def certificate(resource: Resource) -> Created:
    """Ask for a certificate."""
    tags = tag_list(resource.take_tags())
    arn = resource.send("acm", "request_certificate", resource.rest(), Tags=tags)["CertificateArn"]
    found = resource.call("acm", "describe_certificate", CertificateArn=arn)["Certificate"]
    return arn, {
        "arn": arn,
        "status": found["Status"],
        "domainValidationOptions": [
            {
                "domainName": option["DomainName"],
                "resourceRecordName": option["ResourceRecord"]["Name"],
                "resourceRecordType": option["ResourceRecord"]["Type"],
                "resourceRecordValue": option["ResourceRecord"]["Value"],
            }
            for option in found["DomainValidationOptions"]
        ],
    }


@creates("aws:acm/certificateValidation:CertificateValidation")
def certificate_validation(resource: Resource) -> Created:
    """Know that a certificate is proven; the local AWS issues it by itself, a minute later."""
    resource.without_effect("validationRecordFqdns")
    arn = resource.take("certificateArn")
    resource.call("acm", "describe_certificate", CertificateArn=arn)
    return arn, {"certificateArn": arn}

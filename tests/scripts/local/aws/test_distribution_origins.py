"""Origins of a CloudFront distribution."""

from collections.abc import Callable
from typing import Any


def first_origin(cloudfront: Any, reference: str) -> dict[str, Any]:
    control = cloudfront.create_origin_access_control(
        OriginAccessControlConfig={
            "Name": reference,
            "SigningProtocol": "sigv4",
            "SigningBehavior": "always",
            "OriginAccessControlOriginType": "s3",
        }
    )["OriginAccessControl"]["Id"]
    distribution = cloudfront.create_distribution(
        DistributionConfig={
            "CallerReference": reference,
            "Comment": "site",
            "Enabled": True,
            "Origins": {
                "Quantity": 1,
                "Items": [
                    {
                        "Id": "site",
                        "DomainName": "site.s3.us-east-1.amazonaws.com",
                        "OriginAccessControlId": control,
                        "S3OriginConfig": {"OriginAccessIdentity": ""},
                    }
                ],
            },
            "DefaultCacheBehavior": {
                "TargetOriginId": "site",
                "ViewerProtocolPolicy": "redirect-to-https",
                "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
            },
        }
    )["Distribution"]
    described = cloudfront.get_distribution(Id=distribution["Id"])["Distribution"]["DistributionConfig"]
    origin: dict[str, Any] = described["Origins"]["Items"][0]
    origin["wanted"] = control
    return origin


def test_an_s3_origin_reads_back_as_one_with_its_access_control(aws: Callable[[str], Any]) -> None:
    origin = first_origin(aws("cloudfront"), "kept")

    assert origin["OriginAccessControlId"] == origin["wanted"]
    assert origin["S3OriginConfig"] == {"OriginAccessIdentity": ""}


def test_moto_itself_still_forgets_both(moto: Callable[[str], Any]) -> None:
    origin = first_origin(moto("cloudfront"), "forgotten")

    assert "OriginAccessControlId" not in origin
    assert "S3OriginConfig" not in origin

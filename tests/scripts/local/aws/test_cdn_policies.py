"""Policies of CloudFront: for caching, for requests to origins, and for response headers."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

CONFIG = {
    "Name": "pages",
    "Comment": "Pages of the shop",
    "MinTTL": 0,
    "DefaultTTL": 60,
    "MaxTTL": 3600,
    "ParametersInCacheKeyAndForwardedToOrigin": {
        "EnableAcceptEncodingGzip": True,
        "EnableAcceptEncodingBrotli": True,
        "HeadersConfig": {"HeaderBehavior": "none"},
        "CookiesConfig": {"CookieBehavior": "none"},
        "QueryStringsConfig": {
            "QueryStringBehavior": "whitelist",
            "QueryStrings": {"Quantity": 2, "Items": ["search", "after"]},
        },
    },
}


def test_a_cache_policy_reads_back_as_it_was_created_until_it_is_deleted(aws: Callable[[str], Any]) -> None:
    cloudfront = aws("cloudfront")

    created = cloudfront.create_cache_policy(CachePolicyConfig=CONFIG)["CachePolicy"]

    assert cloudfront.get_cache_policy(Id=created["Id"])["CachePolicy"]["CachePolicyConfig"] == CONFIG
    assert cloudfront.get_cache_policy_config(Id=created["Id"])["CachePolicyConfig"] == CONFIG
    listed = cloudfront.list_cache_policies(Type="custom")["CachePolicyList"]["Items"]
    assert created["Id"] in [item["CachePolicy"]["Id"] for item in listed]

    cloudfront.delete_cache_policy(Id=created["Id"], IfMatch="any")

    with pytest.raises(cloudfront.exceptions.NoSuchCachePolicy):
        cloudfront.get_cache_policy(Id=created["Id"])


REQUESTS = {
    "Name": "languages",
    "Comment": "",
    "HeadersConfig": {
        "HeaderBehavior": "whitelist",
        "Headers": {"Quantity": 1, "Items": ["Accept-Language"]},
    },
    "CookiesConfig": {"CookieBehavior": "none"},
    "QueryStringsConfig": {"QueryStringBehavior": "all"},
}
RESPONSES = {
    "Name": "safe",
    "Comment": "Pages of the shop",
    "SecurityHeadersConfig": {
        "FrameOptions": {"Override": True, "FrameOption": "DENY"},
        "ContentTypeOptions": {"Override": True},
        "ContentSecurityPolicy": {"Override": False, "ContentSecurityPolicy": "default-src 'self'"},
        "StrictTransportSecurity": {
            "Override": True,
            "IncludeSubdomains": False,
            "Preload": False,
            "AccessControlMaxAgeSec": 31536000,
        },
    },
    "CustomHeadersConfig": {
        "Quantity": 1,
        "Items": [{"Header": "X-Shop", "Value": "yes", "Override": True}],
    },
}


@pytest.mark.parametrize(
    ("operation", "name", "config"),
    [
        ("origin_request_policy", "OriginRequestPolicy", REQUESTS),
        ("response_headers_policy", "ResponseHeadersPolicy", RESPONSES),
    ],
)
def test_the_other_kinds_read_back_too_and_can_be_changed(
    aws: Callable[[str], Any], operation: str, name: str, config: dict[str, Any]
) -> None:
    cloudfront = aws("cloudfront")
    changed = {**config, "Comment": "changed"}

    def call(verb: str, **arguments: Any) -> Any:
        return getattr(cloudfront, f"{verb}_{operation}")(**arguments)

    created = call("create", **{f"{name}Config": config})[name]
    assert call("get", Id=created["Id"])[name][f"{name}Config"] == config

    etag = call("get", Id=created["Id"])["ETag"]
    call("update", Id=created["Id"], IfMatch=etag, **{f"{name}Config": changed})
    assert call("get", Id=created["Id"])[name][f"{name}Config"] == changed

    call("delete", Id=created["Id"], IfMatch=etag)
    with pytest.raises(ClientError, match=f"NoSuch{name}"):
        call("get", Id=created["Id"])


def test_two_cache_policies_do_not_share_a_name(aws: Callable[[str], Any]) -> None:
    cloudfront = aws("cloudfront")
    cloudfront.create_cache_policy(CachePolicyConfig={**CONFIG, "Name": "once"})

    with pytest.raises(cloudfront.exceptions.CachePolicyAlreadyExists, match="once"):
        cloudfront.create_cache_policy(CachePolicyConfig={**CONFIG, "Name": "once"})


def test_the_policies_that_aws_manages_are_there(aws: Callable[[str], Any]) -> None:
    cloudfront = aws("cloudfront")

    policy = cloudfront.get_cache_policy(Id="658327ea-f89d-4fab-a63d-7e88639e58f6")["CachePolicy"]

    assert policy["CachePolicyConfig"]["Name"] == "Managed-CachingOptimized"
    assert policy["CachePolicyConfig"]["DefaultTTL"] == 86400


def test_moto_itself_still_has_no_policies(moto: Callable[[str], Any]) -> None:
    with pytest.raises(ClientError, match="404"):
        moto("cloudfront").create_cache_policy(CachePolicyConfig=CONFIG)
    with pytest.raises(ClientError, match="404"):
        moto("cloudfront").create_origin_request_policy(OriginRequestPolicyConfig=REQUESTS)
    with pytest.raises(ClientError, match="404"):
        moto("cloudfront").create_response_headers_policy(ResponseHeadersPolicyConfig=RESPONSES)

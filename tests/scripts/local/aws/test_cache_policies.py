"""Cache policies of CloudFront."""

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


def test_moto_itself_still_has_no_cache_policies(moto: Callable[[str], Any]) -> None:
    with pytest.raises(ClientError, match="404"):
        moto("cloudfront").create_cache_policy(CachePolicyConfig=CONFIG)

"""aws:cloudfront: distributions, and what they refer to."""

from typing import Any

from scripts.local.engine.registry import Created, creates
from scripts.local.engine.resource import Resource, tag_list

HOSTED_ZONE = "Z2FDTNDATAQYW2"  # every distribution's, for aliases in Route 53

NAMES = {
    "lambdaArn": "LambdaFunctionARN",
    "locations": "Items",  # of a geographic restriction
    "loggingConfig": "Logging",
    "name": "HeaderName",  # of an origin's custom header
    "orderedCacheBehaviors": "CacheBehaviors",
    "originId": "Id",
    "value": "HeaderValue",
}


@creates("aws:cloudfront/originAccessControl:OriginAccessControl")
def origin_access_control(resource: Resource) -> Created:
    """Create the right of a distribution to read a bucket."""
    config = {"originAccessControlConfig": {"name": resource.take_name(limit=64), **resource.rest()}}
    created = resource.send("cloudfront", "create_origin_access_control", config)
    control = created["OriginAccessControl"]
    return control["Id"], {"etag": created["ETag"], "name": control["OriginAccessControlConfig"]["Name"]}


@creates("aws:cloudfront/cachePolicy:CachePolicy")
def cache_policy(resource: Resource) -> Created:
    """Create a cache policy."""
    config = {"cachePolicyConfig": {"name": resource.take_name(limit=128), **resource.rest()}}
    created = resource.send("cloudfront", "create_cache_policy", config)
    return created["CachePolicy"]["Id"], {"etag": created["ETag"]}


@creates("aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy")
def response_headers_policy(resource: Resource) -> Created:
    """Create a response headers policy."""
    config = {"responseHeadersPolicyConfig": {"name": resource.take_name(limit=128), **resource.rest()}}
    created = resource.send("cloudfront", "create_response_headers_policy", config)
    policy = created["ResponseHeadersPolicy"]["Id"]
    return policy, {
        "etag": created["ETag"],
        "arn": resource.arn("cloudfront", f"response-headers-policy/{policy}"),
    }


@creates("aws:cloudfront/publicKey:PublicKey")
def public_key(resource: Resource) -> Created:
    """Create the public part of a key."""
    config = {"name": resource.take_name(limit=128), "callerReference": resource.urn, **resource.rest()}
    created = resource.send("cloudfront", "create_public_key", {"publicKeyConfig": config})
    return created["PublicKey"]["Id"], {"etag": created["ETag"], "callerReference": resource.urn}


@creates("aws:cloudfront/keyGroup:KeyGroup")
def key_group(resource: Resource) -> Created:
    """Create a group of keys."""
    items = list(resource.take("items"))
    config = {"name": resource.take_name(limit=128), "items": items, **resource.rest()}
    # Of all lists of CloudFront's, this one goes without its length.
    created = resource.send("cloudfront", "create_key_group", {"keyGroupConfig": config})
    return created["KeyGroup"]["Id"], {"etag": created["ETag"]}


@creates("aws:cloudfront/distribution:Distribution")
def distribution(resource: Resource) -> Created:
    """Create a distribution."""
    resource.without_effect("retainOnDelete", "waitForDeployment")
    tags = tag_list(resource.take_tags())
    values = {
        "callerReference": resource.urn,
        "comment": resource.take("comment", ""),
        "origins": [_origin(origin) for origin in resource.take("origins")],
        "originGroups": [_origin_group(group) for group in resource.take("originGroups", [])],
        "defaultCacheBehavior": _behaviour(resource.take("defaultCacheBehavior")),
        "orderedCacheBehaviors": [_behaviour(each) for each in resource.take("orderedCacheBehaviors", [])],
        **resource.rest(),
    }
    given = {"distributionConfigWithTags": {"distributionConfig": values, "tags": {"items": tags}}}
    created = resource.send("cloudfront", "create_distribution_with_tags", given, NAMES)["Distribution"]
    return created["Id"], {
        "arn": created["ARN"],
        "domainName": created["DomainName"],
        "hostedZoneId": HOSTED_ZONE,
        "status": created["Status"],
    }


def _origin(origin: dict[str, Any]) -> dict[str, Any]:
    """Return an origin; one that is not said to be custom is a bucket, and CloudFront wants that said."""
    kinds = ("customOriginConfig", "s3OriginConfig", "vpcOriginConfig")
    if any(kind in origin for kind in kinds):
        return origin
    return {**origin, "s3OriginConfig": {"originAccessIdentity": ""}}


def _origin_group(group: dict[str, Any]) -> dict[str, Any]:
    """Return a group; its members name origins, where origins and groups have ids."""
    return {**group, "members": [{"OriginId": member["originId"]} for member in group["members"]]}


def _behaviour(behaviour: dict[str, Any]) -> dict[str, Any]:
    """Return a cache behaviour with its methods as CloudFront nests them."""
    allowed = {"items": behaviour["allowedMethods"], "cachedMethods": behaviour["cachedMethods"]}
    rest = {
        key: value for key, value in behaviour.items() if key not in ("cachedMethods", "trustedKeyGroups")
    }
    groups = behaviour.get("trustedKeyGroups", [])
    trusted = {"trustedKeyGroups": {"enabled": True, "items": groups}} if groups else {}
    return {**rest, **trusted, "allowedMethods": allowed}

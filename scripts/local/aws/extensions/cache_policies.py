"""CloudFront: cache policies. Needed for moto 5.2.5, which has none of their operations.

Policies live in the backend's `cache_policies`, so that a reset of moto clears them. AWS's managed ones are
there too, see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html
"""

from typing import Any
from uuid import uuid4

from moto.cloudfront import urls
from moto.cloudfront.exceptions import CloudFrontException
from moto.cloudfront.models import CloudFrontBackend
from moto.cloudfront.responses import CloudFrontResponse
from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow

LOCATION = "https://cloudfront.amazonaws.com/2020-05-31/cache-policy"

# id: name, and the seconds that an object stays in the cache at least, by default and at most
MANAGED: dict[str, tuple[str, int, int, int]] = {
    "658327ea-f89d-4fab-a63d-7e88639e58f6": ("Managed-CachingOptimized", 1, 86400, 31536000),
    "4135ea2d-6df8-44a3-9df3-4b5a84be39ad": ("Managed-CachingDisabled", 0, 0, 0),
    "83da9c7e-98b4-4e11-a168-04f0df8e2c65": ("UseOriginCacheControlHeaders", 0, 0, 31536000),
    "4cc15a8a-d715-48a4-82b8-cc0b614638fe": ("UseOriginCacheControlHeaders-QueryStrings", 0, 0, 31536000),
}


def install() -> None:
    """Add the operations to moto's CloudFront, and their addresses."""
    for operation in (
        create_cache_policy,
        get_cache_policy,
        get_cache_policy_config,
        list_cache_policies,
        delete_cache_policy,
    ):
        setattr(CloudFrontResponse, operation.__name__, operation)
    for path in ("$", "/(?P<policy_id>[^/]+)$", "/(?P<policy_id>[^/]+)/config$"):
        urls.url_paths["{0}/2020-05-31/cache-policy" + path] = CloudFrontResponse.dispatch


def create_cache_policy(response: CloudFrontResponse) -> ActionResult:
    """Answer CreateCachePolicy; names are unique."""
    config = response._get_param("CachePolicyConfig")
    policies = _policies(response.backend)
    if any(policy["CachePolicyConfig"]["Name"] == config["Name"] for policy in policies.values()):
        raise CloudFrontException(
            "CachePolicyAlreadyExists", f"A cache policy {config['Name']} exists already."
        )
    policy = _policy(str(uuid4()), config)
    policies[policy["Id"]] = policy
    return _answer(policy)


def get_cache_policy(response: CloudFrontResponse) -> ActionResult:
    """Answer GetCachePolicy."""
    return _answer(_found(response))


def get_cache_policy_config(response: CloudFrontResponse) -> ActionResult:
    """Answer GetCachePolicyConfig."""
    policy = _found(response)
    return ActionResult({"CachePolicyConfig": policy["CachePolicyConfig"], "ETag": policy["Id"]})


def list_cache_policies(response: CloudFrontResponse) -> ActionResult:
    """Answer ListCachePolicies, of one type where it is asked for, in one page."""
    wanted = response._get_param("Type")
    items = [
        {"Type": _type(policy), "CachePolicy": policy}
        for policy in _policies(response.backend).values()
        if wanted in (None, _type(policy))
    ]
    return ActionResult({"CachePolicyList": {"MaxItems": 100, "Quantity": len(items), "Items": items}})


def delete_cache_policy(response: CloudFrontResponse) -> ActionResult:
    """Answer DeleteCachePolicy."""
    del _policies(response.backend)[_found(response)["Id"]]
    return EmptyResult()


def _policies(backend: CloudFrontBackend) -> dict[str, dict[str, Any]]:
    if "cache_policies" not in vars(backend):
        backend.cache_policies = {  # type: ignore[attr-defined]
            policy_id: _policy(
                policy_id, {"Name": name, "MinTTL": least, "DefaultTTL": default, "MaxTTL": most}
            )
            for policy_id, (name, least, default, most) in MANAGED.items()
        }
    policies: dict[str, dict[str, Any]] = vars(backend)["cache_policies"]
    return policies


def _policy(policy_id: str, config: dict[str, Any]) -> dict[str, Any]:
    return {"Id": policy_id, "LastModifiedTime": utcnow(), "CachePolicyConfig": config}


def _found(response: CloudFrontResponse) -> dict[str, Any]:
    policy = _policies(response.backend).get(response._get_param("Id"))
    if policy is None:
        raise CloudFrontException("NoSuchCachePolicy", "The cache policy does not exist.")
    return policy


def _type(policy: dict[str, Any]) -> str:
    return "managed" if policy["Id"] in MANAGED else "custom"


def _answer(policy: dict[str, Any]) -> ActionResult:
    return ActionResult(
        {"CachePolicy": policy, "ETag": policy["Id"], "Location": f"{LOCATION}/{policy['Id']}"}
    )

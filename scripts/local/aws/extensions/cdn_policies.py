"""CloudFront: policies for caching, for requests to origins and for response headers.

Needed for moto 5.2.5, which has none of their operations. Policies live in the backend, so that a reset of
moto clears them. AWS's managed cache policies are there too, see
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from moto.cloudfront import urls
from moto.cloudfront.exceptions import CloudFrontException
from moto.cloudfront.models import CloudFrontBackend
from moto.cloudfront.responses import CloudFrontResponse
from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow

API = "2020-05-31"

# id: name, and the seconds that an object stays in the cache at least, by default and at most
MANAGED_CACHE_POLICIES: dict[str, tuple[str, int, int, int]] = {
    "658327ea-f89d-4fab-a63d-7e88639e58f6": ("Managed-CachingOptimized", 1, 86400, 31536000),
    "4135ea2d-6df8-44a3-9df3-4b5a84be39ad": ("Managed-CachingDisabled", 0, 0, 0),
    "83da9c7e-98b4-4e11-a168-04f0df8e2c65": ("UseOriginCacheControlHeaders", 0, 0, 31536000),
    "4cc15a8a-d715-48a4-82b8-cc0b614638fe": ("UseOriginCacheControlHeaders-QueryStrings", 0, 0, 31536000),
}

Policy = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of policy, whose operations differ from the others' by their names alone.

    Attributes:
        name: such as `CachePolicy`, as the API spells it.
        operation: such as `cache_policy`, as moto does.
        path: such as `cache-policy`, in addresses.
        plural: such as `cache_policies`, of the operation that lists them.
        managed: configurations of AWS's own policies by their ids.
    """

    name: str
    operation: str
    path: str
    plural: str
    managed: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def install(self) -> None:
        """Add the operations to moto's CloudFront, and their addresses."""
        operations = {
            f"create_{self.operation}": self._create,
            f"get_{self.operation}": self._get,
            f"get_{self.operation}_config": self._get_config,
            f"list_{self.plural}": self._list,
            f"update_{self.operation}": self._update,
            f"delete_{self.operation}": self._delete,
        }
        for name, operation in operations.items():
            # A method that moto calls on a response, which it hands over.
            setattr(CloudFrontResponse, name, lambda response, answer=operation: answer(response))
        for path in ("$", "/(?P<policy_id>[^/]+)$", "/(?P<policy_id>[^/]+)/config$"):
            urls.url_paths[f"{{0}}/{API}/{self.path}{path}"] = CloudFrontResponse.dispatch

    def _create(self, response: CloudFrontResponse) -> ActionResult:
        policies, config = self._policies(response.backend), self._given(response)
        self._refuse_a_taken_name(policies, config)
        policy = self._policy(str(uuid4()), config)
        policies[policy["Id"]] = policy
        return self._answer(policy)

    def _get(self, response: CloudFrontResponse) -> ActionResult:
        return self._answer(self._found(response))

    def _get_config(self, response: CloudFrontResponse) -> ActionResult:
        policy, config = self._found(response), f"{self.name}Config"
        return ActionResult({config: policy[config], "ETag": policy["Id"]})

    def _list(self, response: CloudFrontResponse) -> ActionResult:
        """Answer in one page, with one type of policies where that is asked for."""
        wanted = response._get_param("Type")
        items = [
            {"Type": self._type(policy), self.name: policy}
            for policy in self._policies(response.backend).values()
            if wanted in (None, self._type(policy))
        ]
        return ActionResult({f"{self.name}List": {"MaxItems": 100, "Quantity": len(items), "Items": items}})

    def _update(self, response: CloudFrontResponse) -> ActionResult:
        policies, found, config = (
            self._policies(response.backend),
            self._found(response),
            self._given(response),
        )
        others = {id_: policy for id_, policy in policies.items() if id_ != found["Id"]}
        self._refuse_a_taken_name(others, config)
        policies[found["Id"]] = self._policy(found["Id"], config)
        return self._answer(policies[found["Id"]])

    def _delete(self, response: CloudFrontResponse) -> ActionResult:
        del self._policies(response.backend)[self._found(response)["Id"]]
        return EmptyResult()

    def _policies(self, backend: CloudFrontBackend) -> dict[str, Policy]:
        if self.plural not in vars(backend):
            managed = {id_: self._policy(id_, config) for id_, config in self.managed.items()}
            setattr(backend, self.plural, managed)
        policies: dict[str, Policy] = vars(backend)[self.plural]
        return policies

    def _given(self, response: CloudFrontResponse) -> dict[str, Any]:
        config: dict[str, Any] = response._get_param(f"{self.name}Config")
        return config

    def _found(self, response: CloudFrontResponse) -> Policy:
        policy = self._policies(response.backend).get(response._get_param("Id"))
        if policy is None:
            raise CloudFrontException(f"NoSuch{self.name}", "The policy does not exist.")
        return policy

    def _refuse_a_taken_name(self, policies: Mapping[str, Policy], config: Mapping[str, Any]) -> None:
        if any(policy[f"{self.name}Config"]["Name"] == config["Name"] for policy in policies.values()):
            raise CloudFrontException(
                f"{self.name}AlreadyExists", f"A policy {config['Name']} exists already."
            )

    def _policy(self, policy_id: str, config: Mapping[str, Any]) -> Policy:
        return {"Id": policy_id, "LastModifiedTime": utcnow(), f"{self.name}Config": config}

    def _type(self, policy: Policy) -> str:
        return "managed" if policy["Id"] in self.managed else "custom"

    def _answer(self, policy: Policy) -> ActionResult:
        location = f"https://cloudfront.amazonaws.com/{API}/{self.path}/{policy['Id']}"
        return ActionResult({self.name: policy, "ETag": policy["Id"], "Location": location})


KINDS = (
    Kind(
        name="CachePolicy",
        operation="cache_policy",
        path="cache-policy",
        plural="cache_policies",
        managed={
            policy_id: {"Name": name, "MinTTL": least, "DefaultTTL": default, "MaxTTL": most}
            for policy_id, (name, least, default, most) in MANAGED_CACHE_POLICIES.items()
        },
    ),
    Kind(
        name="OriginRequestPolicy",
        operation="origin_request_policy",
        path="origin-request-policy",
        plural="origin_request_policies",
    ),
    Kind(
        name="ResponseHeadersPolicy",
        operation="response_headers_policy",
        path="response-headers-policy",
        plural="response_headers_policies",
    ),
)


def install() -> None:
    """Add the operations of every kind."""
    for kind in KINDS:
        kind.install()

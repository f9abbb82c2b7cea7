"""ElastiCache: parameter groups, and the deletion of subnet groups.

Needed for moto 5.2.5, which has no operation on the former, and does not delete the latter. Groups live in
the backend, so that a reset of moto clears them.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.elasticache.exceptions import CacheSubnetGroupNotFound, ElastiCacheException
from moto.elasticache.models import ElastiCacheBackend
from moto.elasticache.responses import ElastiCacheResponse

Group = dict[str, Any]


class GroupNotFoundError(ElastiCacheException):
    code = "CacheParameterGroupNotFound"

    def __init__(self, name: str) -> None:
        super().__init__(f"CacheParameterGroup {name} not found.")


class GroupAlreadyExistsError(ElastiCacheException):
    code = "CacheParameterGroupAlreadyExists"

    def __init__(self, name: str) -> None:
        super().__init__(f"CacheParameterGroup {name} already exists.")


class GroupInUseError(ElastiCacheException):
    code = "InvalidCacheParameterGroupState"

    def __init__(self, name: str) -> None:
        super().__init__(f"CacheParameterGroup {name} is in use.")


class SubnetGroupInUseError(ElastiCacheException):
    code = "CacheSubnetGroupInUse"

    def __init__(self, name: str) -> None:
        super().__init__(f"CacheSubnetGroup {name} is in use.")


def install() -> None:
    """Add the operations to moto's ElastiCache."""
    operations = (
        create_cache_parameter_group,
        describe_cache_parameter_groups,
        modify_cache_parameter_group,
        reset_cache_parameter_group,
        describe_cache_parameters,
        delete_cache_parameter_group,
        delete_cache_subnet_group,
    )
    for operation in operations:
        setattr(ElastiCacheResponse, operation.__name__, operation)


def values(backend: ElastiCacheBackend, name: str | None) -> Mapping[str, str]:
    """The parameters that a user set in the group; none where there is no such group."""
    group = _groups(backend).get(name or "", {})
    found: Mapping[str, str] = group.get("Values", {})
    return found


def create_cache_parameter_group(self: ElastiCacheResponse) -> ActionResult:
    """CreateCacheParameterGroup."""
    backend, given = self.elasticache_backend, self._get_params()
    name = given["CacheParameterGroupName"].lower()
    if name in _groups(backend):
        raise GroupAlreadyExistsError(name)
    group = {
        "CacheParameterGroupName": name,
        "CacheParameterGroupFamily": given["CacheParameterGroupFamily"],
        "Description": given["Description"],
        "IsGlobal": False,
        "ARN": f"arn:aws:elasticache:{backend.region_name}:{backend.account_id}:parametergroup:{name}",
        "Values": {},
    }
    _groups(backend)[name] = group
    backend.tagging_service.tag_resource(group["ARN"], given.get("Tags", []))
    return ActionResult({"CacheParameterGroup": group})


def describe_cache_parameter_groups(self: ElastiCacheResponse) -> ActionResult:
    """DescribeCacheParameterGroups, in one page."""
    name = self._get_param("CacheParameterGroupName")
    groups = [_found(self, name)] if name else list(_groups(self.elasticache_backend).values())
    return ActionResult({"CacheParameterGroups": groups})


def modify_cache_parameter_group(self: ElastiCacheResponse) -> ActionResult:
    """ModifyCacheParameterGroup."""
    group = _found(self, self._get_param("CacheParameterGroupName"))
    for each in self._get_param("ParameterNameValues", []):
        group["Values"][each["ParameterName"]] = each["ParameterValue"]
    return ActionResult({"CacheParameterGroupName": group["CacheParameterGroupName"]})


def reset_cache_parameter_group(self: ElastiCacheResponse) -> ActionResult:
    """ResetCacheParameterGroup, of all parameters or of some."""
    group, given = _found(self, self._get_param("CacheParameterGroupName")), self._get_params()
    names: Iterable[str] = [each["ParameterName"] for each in given.get("ParameterNameValues", [])]
    for name in list(group["Values"]) if given.get("ResetAllParameters") else names:
        group["Values"].pop(name, None)
    return ActionResult({"CacheParameterGroupName": group["CacheParameterGroupName"]})


def describe_cache_parameters(self: ElastiCacheResponse) -> ActionResult:
    """DescribeCacheParameters: those that a user set. The engine's own, some two hundred, are left out."""
    group = _found(self, self._get_param("CacheParameterGroupName"))
    wanted = self._get_param("Source") in (None, "user")
    parameters = [
        {"ParameterName": name, "ParameterValue": value, "Source": "user", "IsModifiable": True}
        for name, value in group["Values"].items()
    ]
    return ActionResult({"Parameters": parameters if wanted else []})


def delete_cache_parameter_group(self: ElastiCacheResponse) -> EmptyResult:
    """DeleteCacheParameterGroup, unless a replication group follows it."""
    backend = self.elasticache_backend
    name = _found(self, self._get_param("CacheParameterGroupName"))["CacheParameterGroupName"]
    if any(name == each.cache_parameter_group_name for each in backend.replication_groups.values()):
        raise GroupInUseError(name)
    del _groups(backend)[name]
    return EmptyResult()


def delete_cache_subnet_group(self: ElastiCacheResponse) -> EmptyResult:
    """DeleteCacheSubnetGroup, unless a replication group stands in it."""
    backend, name = self.elasticache_backend, self._get_param("CacheSubnetGroupName")
    if name not in backend.cache_subnet_groups:
        raise CacheSubnetGroupNotFound(name)
    if any(name == each.cache_subnet_group_name for each in backend.replication_groups.values()):
        raise SubnetGroupInUseError(name)
    del backend.cache_subnet_groups[name]
    return EmptyResult()


def _found(response: ElastiCacheResponse, name: str) -> Group:
    group = _groups(response.elasticache_backend).get(name.lower())
    if group is None:
        raise GroupNotFoundError(name)
    return group


def _groups(backend: ElastiCacheBackend) -> dict[str, Group]:
    groups: dict[str, Group] = vars(backend).setdefault("cache_parameter_groups", {})
    return groups

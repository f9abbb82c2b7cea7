"""RDS: the pool of a proxy reads back, and its targets are those of existing instances.

Needed for moto 5.2.5, which forgets `InitQuery`, takes an idle percentage of 0 for half of the connections,
and does not say where a target is.
"""

from typing import Any

from moto.rds.models import DBProxyTarget, DBProxyTargetGroup, RDSBackend

_modify = RDSBackend.modify_db_proxy_target_group
_register = RDSBackend.register_db_proxy_targets
_pool: Any = DBProxyTargetGroup.connection_pool_config


def install() -> None:
    """Keep the pool's configuration; describe its targets."""
    DBProxyTargetGroup.init_query = ""  # type: ignore[attr-defined]
    DBProxyTargetGroup.connection_pool_config = property(_whole_pool)  # type: ignore[assignment]
    RDSBackend.modify_db_proxy_target_group = _modify_whole  # type: ignore[method-assign]
    RDSBackend.register_db_proxy_targets = _register_with_address  # type: ignore[method-assign,assignment]


def _whole_pool(self: DBProxyTargetGroup) -> dict[str, Any]:
    config: dict[str, Any] = {**_pool.fget(self), "InitQuery": self.init_query}  # type: ignore[attr-defined]
    return config


def _modify_whole(self: RDSBackend, proxy_name: str, config: dict[str, Any]) -> DBProxyTargetGroup:
    group = _modify(self, proxy_name, config)
    if "InitQuery" in config:
        group.init_query = config["InitQuery"]  # type: ignore[attr-defined]
    if "MaxIdleConnectionsPercent" in config:
        group.max_idle_connections = config["MaxIdleConnectionsPercent"]
    return group


def _register_with_address(self: RDSBackend, **arguments: Any) -> list[DBProxyTarget]:
    instances = [self.describe_db_instances(each)[0] for each in arguments["db_instance_identifiers"]]
    targets = _register(self, **arguments)
    for target, instance in zip(targets[-len(instances) :] if instances else [], instances, strict=True):
        target.endpoint, target.port = instance.address, instance.port or target.port
    return targets

"""Everything that exists in the local AWS: the names under which moto's backends keep it.

`GET /_blueprint/inventory` tells it. It is no description of anything; what is there twice is the same.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from moto.core.base_backend import BackendDict, BaseBackend
from moto.ec2.models.network_acls import NetworkAcl
from moto.kms.models import Key

PATH = "/_blueprint/inventory"
GONE = frozenset({"deleted", "deleting", "terminated", "TERMINATED", "PendingDeletion"})
"""States in which AWS, and moto, still describe what is not there any more."""

BOOKS = frozenset(
    {"tags", "resource_tags", "reservations", "cache_policies", "origin_request_policies", "enis"}
)
"""Kinds that are no things of a user's: what was said of things, AWS's own, and interfaces, which moto leaves
behind when instances and gateways go."""

OWN_KEYS = ("Default key", "Default master key")
"""How moto's descriptions of the keys begin that AWS makes for its services."""


def inventory() -> dict[str, list[str]]:
    """Names by `<service> <region> <kind>`, such as `sqs us-east-1 queues`."""
    found: dict[str, list[str]] = {}
    for service in list(BackendDict._instances):  # type: ignore[misc] # backends of every class
        for regions in list(service.values()):
            for region, backend in list(regions.items()):
                for kind, names in _kinds(backend):
                    found.setdefault(f"{service.service_name} {region} {kind}", []).extend(names)
    return {key: sorted(names) for key, names in sorted(found.items())}


def _kinds(backend: BaseBackend) -> Iterator[tuple[str, list[str]]]:
    for kind, things in vars(backend).items():
        if isinstance(things, Mapping) and things and kind not in BOOKS and not kind.startswith("_"):
            yield kind, list(_names(things))


def _names(things: Mapping[Any, Any]) -> Iterator[str]:
    """The keys; where things are kept in groups, such as subnets by zone, the keys within these."""
    for key, thing in things.items():
        if isinstance(thing, Mapping):
            yield from (f"{key} {name}" for name, inner in thing.items() if not _gone(inner))
        elif not _gone(thing):
            yield str(key)


def _gone(thing: object) -> bool:
    """Whether a thing is there no more, or was never a user's."""
    if isinstance(thing, NetworkAcl) and thing.default:  # comes with a VPC, and should go with it
        return True
    if isinstance(thing, Key) and thing.description.startswith(OWN_KEYS):
        return True
    peering = getattr(thing, "_status", None)
    states = [getattr(thing, name, None) for name in ("state", "status", "key_state")]
    states.append(getattr(peering, "code", None))
    return any(state in GONE for state in states if isinstance(state, str)) or (
        bool(getattr(thing, "deletion_date", None))
    )

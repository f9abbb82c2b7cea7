"""EC2: the description of a rule reads back, whatever the rule names, and who revokes one twice is told so.

Needed for moto 5.2.5, which tells that of ranges of addresses only, not of groups and prefix lists, and which
answers InvalidPermission.NotFound where a rule is revoked by an id that is gone. Terraform takes AWS's own
answer for success: its client repeats a request whose answer was lost.
"""

import inspect
from collections.abc import Callable
from typing import Any

from moto.ec2.exceptions import InvalidPermissionNotFoundError, InvalidSecurityGroupRuleIdNotFoundError
from moto.ec2.models.security_groups import SecurityGroupBackend, SecurityGroupRule

_create = SecurityGroupRule.__init__
SIGNATURE = inspect.signature(_create)
REVOKING = ("revoke_security_group_ingress", "revoke_security_group_egress")
_revoke = {name: getattr(SecurityGroupBackend, name) for name in REVOKING}


def install() -> None:
    """Keep the description of prefix lists, and tell it in every case; tell of ids that are gone."""
    SecurityGroupRule.__init__ = _create_described  # type: ignore[method-assign]
    SecurityGroupRule.description = property(_description)  # type: ignore[assignment]
    for name, revoke in _revoke.items():
        setattr(SecurityGroupBackend, name, _telling_of_ids(revoke))


def _create_described(self: SecurityGroupRule, *args: Any, **named: Any) -> None:
    _create(self, *args, **named)
    given = SIGNATURE.bind(self, *args, **named).arguments
    vars(self)["prefix_list"] = given.get("prefix_list_id") or {}


def _description(self: SecurityGroupRule) -> str | None:
    places = (self.ip_range, self.source_group, vars(self)["prefix_list"])
    return next((place["Description"] for place in places if "Description" in place), None)


def _telling_of_ids(revoke: Callable[..., None]) -> Callable[..., None]:
    signature = inspect.signature(revoke)

    def revoke_telling(*args: Any, **named: Any) -> None:
        try:
            revoke(*args, **named)
        except InvalidPermissionNotFoundError as error:
            identifiers = signature.bind(*args, **named).arguments.get("security_rule_ids")
            if identifiers:
                raise InvalidSecurityGroupRuleIdNotFoundError(", ".join(identifiers)) from error
            raise

    return revoke_telling

"""EC2: the description of a rule reads back, whatever the rule names.

Needed for moto 5.2.5, which tells that of ranges of addresses only, not of groups and prefix lists.
"""

import inspect
from typing import Any

from moto.ec2.models.security_groups import SecurityGroupRule

_create = SecurityGroupRule.__init__
SIGNATURE = inspect.signature(_create)


def install() -> None:
    """Keep the description of prefix lists, and tell it in every case."""
    SecurityGroupRule.__init__ = _create_described  # type: ignore[method-assign]
    SecurityGroupRule.description = property(_description)  # type: ignore[assignment]


def _create_described(self: SecurityGroupRule, *args: Any, **named: Any) -> None:
    _create(self, *args, **named)
    given = SIGNATURE.bind(self, *args, **named).arguments
    vars(self)["prefix_list"] = given.get("prefix_list_id") or {}


def _description(self: SecurityGroupRule) -> str | None:
    places = (self.ip_range, self.source_group, vars(self)["prefix_list"])
    return next((place["Description"] for place in places if "Description" in place), None)

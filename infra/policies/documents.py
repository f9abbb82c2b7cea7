"""IAM documents as lists of statements."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One statement; what is written as a single text is a list of one.

    Attributes:
        allows: whether it allows; otherwise it denies.
        actions, resources: what it is about.
        principals: whom it is about, of whatever kind.
        federated: those of them that are identity providers.
        condition: operators with keys and values.
        inverted: whether it speaks of everything but some (NotAction, NotResource, NotPrincipal).
    """

    allows: bool
    actions: Sequence[str]
    resources: Sequence[str]
    principals: Sequence[str]
    federated: Sequence[str]
    condition: Mapping[str, Mapping[str, Any]]
    inverted: bool

    def condition_keys(self) -> set[str]:
        """The keys that the condition compares, in lower case: IAM does not tell them apart by case."""
        return {key.lower() for keys in self.condition.values() for key in keys}


def statements(document: object) -> list[Statement]:
    """The statements of a policy document, given as JSON text or as a structure.

    What is no such document gives no statements: AWS refuses it by itself.
    """
    if isinstance(document, str):
        try:
            document = json.loads(document)
        except ValueError:
            return []
    if not isinstance(document, Mapping):
        return []
    found = document.get("Statement", ())
    return [_statement(each) for each in ([found] if isinstance(found, Mapping) else found)]


def refuses_plain_http(document: object, action: str) -> bool:
    """Whether everybody who does not speak TLS is denied `action`, such as `s3:*`."""
    return any(
        not each.allows
        and "*" in each.principals
        and any(fnmatch(action, denied) for denied in each.actions)
        and str(each.condition.get("Bool", {}).get("aws:SecureTransport")).lower() == "false"
        for each in statements(document)
    )


def _statement(raw: Mapping[str, Any]) -> Statement:
    principal = raw.get("Principal", {})
    by_kind = principal if isinstance(principal, Mapping) else {"AWS": principal}
    return Statement(
        allows=raw.get("Effect") == "Allow",
        actions=_list(raw.get("Action", raw.get("NotAction"))),
        resources=_list(raw.get("Resource", raw.get("NotResource"))),
        principals=[name for names in by_kind.values() for name in _list(names)],
        federated=_list(by_kind.get("Federated")),
        condition=raw.get("Condition") or {},
        inverted=bool({"NotAction", "NotResource", "NotPrincipal"} & set(raw)),
    )


def _list(value: object) -> list[str]:
    if value is None:
        return []
    return [value] if isinstance(value, str) else [str(each) for each in value]  # type: ignore[attr-defined] # JSON

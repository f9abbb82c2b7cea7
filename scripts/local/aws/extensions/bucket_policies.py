"""S3: bucket policies heed their conditions. Needed for moto 5.2.5, which ignores them.

A policy that denies every request without TLS then denies every local one. Loopback stands for TLS here:
`aws:SecureTransport` is true. What cannot be known here (`aws:SourceArn` of a CloudFront distribution)
decides nothing: such a condition lets an `Allow` count and a `Deny` not.
"""

from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from moto.iam.access_control import IAMPolicyStatement, PermissionResult

CONTEXT = {"aws:securetransport": "true", "s3:tlsversion": "1.3"}

OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "Bool": lambda actual, wanted: actual.lower() == wanted.lower(),
    "StringEquals": lambda actual, wanted: actual == wanted,
    "StringLike": fnmatchcase,
    "NumericLessThan": lambda actual, wanted: float(actual) < float(wanted),
    "NumericGreaterThanEquals": lambda actual, wanted: float(actual) >= float(wanted),
}

_is_permitted = IAMPolicyStatement.is_action_permitted


def install() -> None:
    """Leave a statement out whose condition is not met."""
    IAMPolicyStatement.is_action_permitted = _is_permitted_under_conditions  # type: ignore[assignment]


def _is_permitted_under_conditions(
    statement: IAMPolicyStatement, *arguments: Any, **keywords: Any
) -> PermissionResult:
    document = statement._statement
    if not applies(document.get("Effect", "Allow"), document.get("Condition", {})):
        return PermissionResult.NEUTRAL
    return _is_permitted(statement, *arguments, **keywords)


def applies(effect: str, condition: Mapping[str, Mapping[str, Any]]) -> bool:
    """Return whether a statement with this effect and condition counts for a local request."""
    results = [
        _holds(operator, key, wanted) for operator, keys in condition.items() for key, wanted in keys.items()
    ]
    return all(effect == "Allow" if result is None else result for result in results)


def _holds(operator: str, key: str, wanted: Any) -> bool | None:
    """Return whether a condition is met, or `None` where its operator or key is unknown here."""
    test = OPERATORS.get(operator.removesuffix("IfExists"))
    actual = CONTEXT.get(key.lower())
    if test is None or actual is None:
        return None
    values = wanted if isinstance(wanted, list) else [wanted]
    return any(test(actual, str(value)) for value in values)

"""EventBridge: a target's `InputPath` says which part of an event it gets.

Needed for moto 5.2.5, which stores it and delivers the whole event. Paths lead from member to member, such as
`$.detail`; what a path does not find is null, as in AWS.
"""

import json
from typing import Any

from moto.events.models import Rule
from moto.sqs.models import sqs_backends
from moto.utilities.arns import parse_arn

_send_to_targets = Rule.send_to_targets


def install() -> None:
    """Deliver to targets that have a path ourselves, and leave the others to moto."""
    Rule.send_to_targets = _send_by_paths  # type: ignore[method-assign]


def _send_by_paths(self: Rule, original_event: Any, *arguments: Any, **keywords: Any) -> None:
    targets = self.targets
    by_path = [target for target in targets if "InputPath" in target and ":sqs:" in target["Arn"]]
    if self.event_pattern.matches_event(original_event):
        for target in by_path:
            _send(self, target, original_event)
    self.targets = [target for target in targets if target not in by_path]
    try:
        _send_to_targets(self, original_event, *arguments, **keywords)
    finally:
        self.targets = targets


def _send(rule: Rule, target: dict[str, Any], event: Any) -> None:
    part = event
    for member in target["InputPath"].removeprefix("$").split(".")[1:]:
        part = part.get(member) if isinstance(part, dict) else None
    queue = parse_arn(target["Arn"])
    sqs_backends[rule.account_id][queue.region].send_message(
        queue_name=queue.resource_id,
        message_body=json.dumps(part),
        group_id=target.get("SqsParameters", {}).get("MessageGroupId"),
    )

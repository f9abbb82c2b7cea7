"""Budgets: subscribers and tags. Needed for moto 5.2.5, which keeps the first and answers neither."""

import json
from typing import Any

from moto.budgets.exceptions import NotFoundException
from moto.budgets.models import Budget
from moto.budgets.responses import BudgetsResponse

_create = BudgetsResponse.create_budget


def install() -> None:
    """Keep a budget's tags, and answer what the provider reads."""
    BudgetsResponse.create_budget = create_budget  # type: ignore[method-assign,assignment]
    for operation in (
        describe_subscribers_for_notification,
        list_tags_for_resource,
        tag_resource,
        untag_resource,
    ):
        setattr(BudgetsResponse, operation.__name__, operation)


def create_budget(response: BudgetsResponse) -> str:
    """Answer CreateBudget, and keep its tags."""
    answer = _create(response)
    name = response._get_param("Budget")["BudgetName"]
    _tags(_budget(response, name)).update(_pairs(response._get_param("ResourceTags") or []))
    return answer


def describe_subscribers_for_notification(response: BudgetsResponse) -> str:
    """Answer DescribeSubscribersForNotification; a notification is known by all that it says."""
    wanted = response._get_param("Notification")
    budget = _budget(response, response._get_param("BudgetName"))
    for notification in budget.notifications:
        if all(notification.details.get(key) == value for key, value in wanted.items()):
            return json.dumps({"Subscribers": notification.subscribers})
    raise NotFoundException("The notification does not exist.")


def list_tags_for_resource(response: BudgetsResponse) -> str:
    """Answer ListTagsForResource."""
    tags = _tags(_named(response))
    return json.dumps({"ResourceTags": [{"Key": key, "Value": value} for key, value in tags.items()]})


def tag_resource(response: BudgetsResponse) -> str:
    """Answer TagResource."""
    _tags(_named(response)).update(_pairs(response._get_param("ResourceTags")))
    return json.dumps({})


def untag_resource(response: BudgetsResponse) -> str:
    """Answer UntagResource."""
    for key in response._get_param("ResourceTagKeys"):
        _tags(_named(response)).pop(key, None)
    return json.dumps({})


def _named(response: BudgetsResponse) -> Budget:
    """The budget whose ARN, `arn:aws:budgets::<account>:budget/<name>`, is asked about."""
    return _budget(response, response._get_param("ResourceARN").rpartition("/")[2])


def _budget(response: BudgetsResponse, name: str) -> Budget:
    budget = response.backend.budgets[response.current_account].get(name)
    if budget is None:
        raise NotFoundException(f"The budget {name} does not exist.")
    return budget


def _tags(budget: Budget) -> dict[str, str]:
    tags: dict[str, str] = vars(budget).setdefault("tags", {})
    return tags


def _pairs(tags: list[dict[str, Any]]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags}

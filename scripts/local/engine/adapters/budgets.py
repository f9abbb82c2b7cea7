"""aws:budgets: budgets and who hears of them."""

from typing import Any

from scripts.local import ACCOUNT
from scripts.local.engine.registry import Created, creates
from scripts.local.engine.resource import Resource

KINDS = {"subscriberSnsTopicArns": "SNS", "subscriberEmailAddresses": "EMAIL"}


@creates("aws:budgets/budget:Budget")
def budget(resource: Resource) -> Created:
    """Create a budget with its notifications."""
    tags = [{"Key": key, "Value": value} for key, value in resource.take_tags().items()]
    name = resource.take_name(limit=100)
    values = {
        "budgetName": name,
        "budgetLimit": {"amount": resource.take("limitAmount"), "unit": resource.take("limitUnit")},
        "costFilters": {each["name"]: each["values"] for each in resource.take("costFilters", [])},
    }
    notifications = resource.take("notifications", [])
    resource.send(
        "budgets",
        "create_budget",
        {"budget": {**values, **resource.rest()}},
        AccountId=ACCOUNT,
        NotificationsWithSubscribers=[_notification(each) for each in notifications],
        ResourceTags=tags,
    )
    return f"{ACCOUNT}:{name}", {"name": name, "arn": f"arn:aws:budgets::{ACCOUNT}:budget/{name}"}


def _notification(given: dict[str, Any]) -> dict[str, Any]:
    """A notification with its subscribers, as AWS takes them together."""
    subscribers = [
        {"SubscriptionType": kind, "Address": address}
        for key, kind in KINDS.items()
        for address in given.get(key, [])
    ]
    notification = {key[:1].upper() + key[1:]: value for key, value in given.items() if key not in KINDS}
    return {"Notification": notification, "Subscribers": subscribers}

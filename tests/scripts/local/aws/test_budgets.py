"""Subscribers and tags of budgets."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

ACCOUNT = "123456789012"
NOTIFICATION = {
    "NotificationType": "ACTUAL",
    "ComparisonOperator": "GREATER_THAN",
    "Threshold": 80.0,
    "ThresholdType": "PERCENTAGE",
}
SUBSCRIBERS = [{"SubscriptionType": "SNS", "Address": "arn:aws:sns:us-east-1:123456789012:alarms"}]


def create(budgets: Any, name: str) -> None:
    budgets.create_budget(
        AccountId=ACCOUNT,
        Budget={
            "BudgetName": name,
            "BudgetLimit": {"Amount": "100", "Unit": "USD"},
            "TimeUnit": "MONTHLY",
            "BudgetType": "COST",
        },
        NotificationsWithSubscribers=[{"Notification": NOTIFICATION, "Subscribers": SUBSCRIBERS}],
        ResourceTags=[{"Key": "Stack", "Value": "dev"}],
    )


def subscribers(budgets: Any, name: str) -> Any:
    answer = budgets.describe_subscribers_for_notification(
        AccountId=ACCOUNT, BudgetName=name, Notification=NOTIFICATION
    )
    return answer["Subscribers"]


def test_a_budget_says_who_is_told(aws: Callable[[str], Any]) -> None:
    budgets = aws("budgets")
    create(budgets, "told")

    assert subscribers(budgets, "told") == SUBSCRIBERS


def test_the_tags_of_a_budget_read_back_and_can_be_changed(aws: Callable[[str], Any]) -> None:
    budgets, arn = aws("budgets"), f"arn:aws:budgets::{ACCOUNT}:budget/tagged"
    create(budgets, "tagged")
    budgets.tag_resource(ResourceARN=arn, ResourceTags=[{"Key": "Stage", "Value": "prod"}])
    budgets.untag_resource(ResourceARN=arn, ResourceTagKeys=["Stack"])

    tags = budgets.list_tags_for_resource(ResourceARN=arn)["ResourceTags"]

    assert tags == [{"Key": "Stage", "Value": "prod"}]


def test_a_notification_that_does_not_exist_is_said(aws: Callable[[str], Any]) -> None:
    budgets = aws("budgets")
    create(budgets, "other")

    with pytest.raises(budgets.exceptions.NotFoundException):
        budgets.describe_subscribers_for_notification(
            AccountId=ACCOUNT, BudgetName="other", Notification={**NOTIFICATION, "Threshold": 99.0}
        )


def test_moto_itself_still_does_not_say_who_is_told(moto: Callable[[str], Any]) -> None:
    budgets = moto("budgets")
    create(budgets, "silent")

    with pytest.raises(ClientError):
        subscribers(budgets, "silent")

"""The budget: somebody hears before the month has become dear."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.components import naming

NAME_LIMIT = 100


@dataclass(frozen=True, kw_only=True)
class BudgetArgs:
    """
    Attributes:
        monthly_usd: what a month may cost.
        cost_tag: name and value of the tag by which the stack's costs are told from others'.
        topic_arn: who hears of it.
    """

    monthly_usd: int
    cost_tag: tuple[str, str]
    topic_arn: pulumi.Input[str]


class Budget(pulumi.ComponentResource):
    """A monthly budget of the stack, which warns when four fifths are spent, and when all of it will be.

    AWS tells costs by a tag only once the tag is activated for cost allocation in the billing console.

    Resources: budget.
    """

    def __init__(self, name: str, args: BudgetArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("blueprint:operations:Budget", name, None, opts)
        key, value = args.cost_tag
        notifications: list[aws.budgets.BudgetNotificationArgsDict] = [
            {
                "comparison_operator": "GREATER_THAN",
                "threshold": threshold,
                "threshold_type": "PERCENTAGE",
                "notification_type": kind,
                "subscriber_sns_topic_arns": [args.topic_arn],
            }
            for kind, threshold in (("ACTUAL", 80), ("FORECASTED", 100))
        ]
        aws.budgets.Budget(
            name,
            name=naming.physical(name, NAME_LIMIT),
            budget_type="COST",
            limit_amount=str(args.monthly_usd),
            limit_unit="USD",
            time_unit="MONTHLY",
            cost_filters=[{"name": "TagKeyValue", "values": [f"user:{key}${value}"]}],
            notifications=notifications,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})

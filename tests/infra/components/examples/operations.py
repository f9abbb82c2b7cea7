"""Examples of the components of operations."""

from collections.abc import Mapping
from typing import Any

from infra.components import alarms, budget, delivery_pipeline, observability
from infra.pipeline.documents import Target
from tests.infra.components.examples.example import Example


def observability_args(*watched: alarms.Alarm) -> observability.ObservabilityArgs:
    return observability.ObservabilityArgs(
        region="eu-west-1",
        account_id="1",
        email=None,
        alarms={"shop": watched},
        dashboards=True,
        kms_key_arn="key",
    )


def an_alarm(name: str) -> alarms.Alarm:
    return alarms.Alarm(
        name=name, description="d", namespace="N", metric="m", dimensions={"A": "a"}, threshold=1
    )


def a_target(stack: str) -> Target:
    return Target(parameters=f"/shop/{stack}/", regions=["eu-west-1"], tags={"Stack": stack})


def make_alarm(target: Any) -> object:
    return observability.Observability("it", observability_args(target))


EXAMPLES: Mapping[type, Example] = {
    alarms.Alarm: Example(
        make=make_alarm, args=lambda: an_alarm("n"), changes={"across": lambda _: ("B", ["one", "two"])}
    ),
    budget.BudgetArgs: Example(
        make=lambda args: budget.Budget("it", args),
        args=lambda: budget.BudgetArgs(monthly_usd=1, cost_tag=("Stack", "dev"), topic_arn="topic"),
        changes={"cost_tag": lambda _: ("Stack", "prod")},
    ),
    delivery_pipeline.DeliveryPipelineArgs: Example(
        make=lambda args: delivery_pipeline.DeliveryPipeline("it", args),
        args=lambda: delivery_pipeline.DeliveryPipelineArgs(
            account_id="1",
            repository="acme/shop",
            deploys_from="environment:prod",
            target=a_target("prod"),
            adopt=False,
            session_hours=2,
        ),
        changes={"target": lambda _: a_target("other")},
    ),
    observability.ObservabilityArgs: Example(
        make=lambda args: observability.Observability("it", args),
        args=lambda: observability_args(an_alarm("one")),
        changes={"email": lambda _: "a@example.com", "alarms": lambda _: {"other": [an_alarm("one")]}},
    ),
}

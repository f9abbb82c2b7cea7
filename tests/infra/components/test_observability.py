"""Alarms: who hears of them, and what is looked at."""

import dataclasses
import json

from infra.components.alarms import Alarm, Registry
from infra.components.observability import Observability
from scripts.evaluation.recorder import Recording, record
from tests.infra.components.examples.operations import an_alarm, observability_args

TOPIC = "arn:aws:sns:us-east-1:123456789012:blueprint-dev-alarms"


def observed(*alarms: Alarm, **changes: object) -> Recording:
    args = dataclasses.replace(observability_args(*alarms), **changes)  # type: ignore[arg-type] # of any kind
    return record(lambda: Observability("alarms", args))


def test_an_address_is_subscribed_to_the_topic() -> None:
    subscription = observed(email="team@example.com").one("TopicSubscription").inputs
    assert (subscription["protocol"], subscription["endpoint"]) == ("email", "team@example.com")
    assert subscription["topic"] == TOPIC


def test_without_an_address_there_is_a_topic_and_no_subscription() -> None:
    recording = observed()
    assert len(recording.of("sns/topic:Topic")) == 1
    assert not recording.of("TopicSubscription")


def test_only_alarms_budgets_and_backups_of_the_account_may_publish() -> None:
    deny, allow = observed().one("TopicPolicy").json("policy")["Statement"]
    assert (deny["Effect"], deny["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
    assert allow["Principal"] == {
        "Service": ["backup.amazonaws.com", "budgets.amazonaws.com", "cloudwatch.amazonaws.com"]
    }
    assert (allow["Action"], allow["Resource"]) == (["sns:Publish"], [TOPIC])
    assert allow["Condition"] == {"StringEquals": {"aws:SourceAccount": "1"}}


def test_every_alarm_is_raised_at_the_topic_and_called_off_there() -> None:
    recording = observed(an_alarm("one"), an_alarm("two"))
    raised = [it.inputs for it in recording.of("MetricAlarm")]
    assert [it["name"] for it in raised] == ["blueprint-dev-one", "blueprint-dev-two"]
    assert all(it["alarmActions"] == it["okActions"] == [TOPIC] for it in raised)


def test_what_users_notice_is_summed_up_in_one_alarm() -> None:
    urgent = [dataclasses.replace(an_alarm(name), urgent=True) for name in ("one", "two")]
    summary = observed(*urgent, an_alarm("three")).one("CompositeAlarm").inputs
    assert summary["alarmRule"] == 'ALARM("blueprint-dev-one") OR ALARM("blueprint-dev-two")'
    assert summary["alarmActions"] == summary["okActions"] == [TOPIC]


def test_without_anything_urgent_there_is_nothing_to_sum_up() -> None:
    assert not observed(an_alarm("one")).of("CompositeAlarm")


def test_a_dashboard_charts_every_alarm_of_its_service_beside_its_threshold() -> None:
    alarms = [an_alarm(name) for name in ("a", "b", "c", "d")]
    dashboard = observed(*alarms).one("Dashboard").inputs
    assert dashboard["dashboardName"] == "blueprint-dev-alarms-shop"
    widgets = json.loads(dashboard["dashboardBody"])["widgets"]
    assert [(it["x"], it["y"]) for it in widgets] == [(0, 0), (8, 0), (16, 0), (0, 6)]
    assert widgets[0]["properties"] == {
        "title": "a",
        "metrics": [["N", "m", "A", "a", {"stat": "Average"}]],
        "region": "eu-west-1",
        "period": 60,
        "annotations": {"horizontal": [{"label": "alarm", "value": 1}]},
    }


def test_an_alarm_across_a_dimension_sums_its_metrics_up_and_charts_each() -> None:
    alarm = dataclasses.replace(an_alarm("one"), across=("Operation", ["Get", "Put"]), statistic="Sum")
    recording = observed(alarm)

    raised = recording.one("MetricAlarm").inputs
    *parts, total = raised["metricQueries"]
    assert [(it["id"], it["metric"]["dimensions"]) for it in parts] == [
        ("m1", {"A": "a", "Operation": "Get"}),
        ("m2", {"A": "a", "Operation": "Put"}),
    ]
    assert all((it["metric"]["stat"], it["metric"]["period"]) == ("Sum", 60) for it in parts)
    assert (total["expression"], total["returnData"]) == ("SUM(FILL(METRICS(), 0))", True)
    assert not {"metricName", "namespace", "dimensions", "statistic", "period"} & raised.keys()
    (widget,) = json.loads(recording.one("Dashboard").inputs["dashboardBody"])["widgets"]
    assert widget["properties"]["metrics"] == [
        ["N", "m", "A", "a", "Operation", "Get", {"stat": "Sum"}],
        ["N", "m", "A", "a", "Operation", "Put", {"stat": "Sum"}],
    ]


def test_dashboards_can_be_left_out() -> None:
    assert not observed(an_alarm("one"), dashboards=False).of("Dashboard")


def test_the_registry_asks_for_alarms_when_everything_is_there() -> None:
    """A load balancer, for one, has an alarm for each route that it is given later."""

    class Growing:
        alarms = [an_alarm("first")]  # noqa: RUF012 - grows, which is the point

    registry = Registry()
    component = registry.add("shop", Growing())
    component.alarms.append(an_alarm("second"))
    assert [alarm.name for alarm in registry.alarms()["shop"]] == ["first", "second"]


def test_alarms_of_a_service_stand_together_whoever_reports_them() -> None:
    registry = Registry()
    for service, name in (("shop", "one"), ("data", "two"), ("shop", "three")):
        registry.add(service, type("It", (), {"alarms": [an_alarm(name)]})())
    found = {service: [alarm.name for alarm in alarms] for service, alarms in registry.alarms().items()}
    assert found == {"shop": ["one", "three"], "data": ["two"]}

"""Composite alarms of CloudWatch."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

TOPIC = "arn:aws:sns:us-east-1:123456789012:alarms"


def put(cloudwatch: Any, name: str) -> None:
    cloudwatch.put_composite_alarm(
        AlarmName=name,
        AlarmRule='ALARM("one") OR ALARM("two")',
        AlarmDescription="either",
        AlarmActions=[TOPIC],
        OKActions=[TOPIC],
        Tags=[{"Key": "Stack", "Value": "dev"}],
    )


def test_a_composite_alarm_reads_back_until_it_is_deleted(aws: Callable[[str], Any]) -> None:
    cloudwatch = aws("cloudwatch")
    put(cloudwatch, "either")

    (alarm,) = cloudwatch.describe_alarms(AlarmNames=["either"], AlarmTypes=["CompositeAlarm"])[
        "CompositeAlarms"
    ]
    tags = cloudwatch.list_tags_for_resource(ResourceARN=alarm["AlarmArn"])["Tags"]
    cloudwatch.delete_alarms(AlarmNames=["either"])

    assert alarm["AlarmRule"] == 'ALARM("one") OR ALARM("two")'
    assert alarm["AlarmDescription"] == "either"
    assert (alarm["AlarmActions"], alarm["OKActions"]) == ([TOPIC], [TOPIC])
    assert tags == [{"Key": "Stack", "Value": "dev"}]
    assert not cloudwatch.describe_alarms(AlarmNames=["either"])["CompositeAlarms"]


def test_moto_itself_still_has_no_composite_alarms(moto: Callable[[str], Any]) -> None:
    with pytest.raises(ClientError):
        put(moto("cloudwatch"), "none")

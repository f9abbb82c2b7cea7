"""Applications of EMR Serverless."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

Aws = Callable[[str], Any]

ASKED: dict[str, Any] = {
    "releaseLabel": "emr-7.9.0",
    "architecture": "ARM64",
    "maximumCapacity": {"cpu": "16 vCPU", "memory": "64 GB"},
    "autoStartConfiguration": {"enabled": True},
    "autoStopConfiguration": {"enabled": True, "idleTimeoutMinutes": 5},
    "networkConfiguration": {"subnetIds": ["subnet-1"], "securityGroupIds": ["sg-1"]},
    "monitoringConfiguration": {"s3MonitoringConfiguration": {"logUri": "s3://lake/logs/"}},
    "tags": {"Stage": "dev"},
}


def create(emr: Any, name: str, type_: str = "SPARK") -> dict[str, Any]:
    created: dict[str, Any] = emr.create_application(name=name, type=type_, **ASKED)
    return created


def test_an_application_reads_back_as_it_was_asked_for_and_waits_for_its_first_job(aws: Aws) -> None:
    emr = aws("emr-serverless")
    created = create(emr, "whole", "spark")

    application = emr.get_application(applicationId=created["applicationId"])["application"]

    assert {name: application[name] for name in ASKED} == ASKED
    assert (application["name"], application["type"], application["state"]) == ("whole", "Spark", "CREATED")
    assert (application["applicationId"], application["arn"]) == (created["applicationId"], created["arn"])
    assert emr.list_tags_for_resource(resourceArn=created["arn"])["tags"] == {"Stage": "dev"}


def test_an_application_that_nobody_started_can_be_deleted(aws: Aws) -> None:
    emr = aws("emr-serverless")
    created = create(emr, "gone")

    emr.delete_application(applicationId=created["applicationId"])

    application = emr.get_application(applicationId=created["applicationId"])["application"]
    assert application["state"] == "TERMINATED"


def test_the_tags_of_an_unknown_application_are_an_error(aws: Aws) -> None:
    emr = aws("emr-serverless")

    with pytest.raises(emr.exceptions.ResourceNotFoundException):
        emr.list_tags_for_resource(
            resourceArn="arn:aws:emr-serverless:us-east-1:123456789012:/applications/none"
        )


def test_moto_itself_still_starts_applications_at_once_and_forgets_half_of_them(moto: Aws) -> None:
    emr = moto("emr-serverless")
    created = create(emr, "started")

    application = emr.get_application(applicationId=created["applicationId"])["application"]

    assert application["state"] == "STARTED"
    assert "architecture" not in application
    with pytest.raises(ClientError, match="404"):
        emr.list_tags_for_resource(resourceArn=created["arn"])
    with pytest.raises(ClientError, match="Unsupported engine spark"):
        create(emr, "small", "spark")

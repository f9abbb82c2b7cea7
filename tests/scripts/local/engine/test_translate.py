"""Properties become arguments by the model of an operation."""

from typing import Any

import botocore.session
import pytest
from botocore.model import StructureShape

from scripts.local.engine.errors import UnhandledPropertyError
from scripts.local.engine.translate import arguments


@pytest.fixture(scope="module")
def session() -> botocore.session.Session:
    return botocore.session.Session()


def shape(session: botocore.session.Session, service: str, operation: str) -> StructureShape:
    found = session.get_service_model(service).operation_model(operation).input_shape
    assert found is not None
    return found


def test_a_property_finds_the_member_that_is_spelt_alike_but_for_case(
    session: botocore.session.Session,
) -> None:
    translated = arguments(
        shape(session, "rds", "CreateDBInstance"),
        {"dbName": "shop", "multiAz": True, "dbSubnetGroupName": "group", "vpcSecurityGroupIds": ["sg-1"]},
        {},
    )

    assert translated == {
        "DBName": "shop",
        "MultiAZ": True,
        "DBSubnetGroupName": "group",
        "VpcSecurityGroupIds": ["sg-1"],
    }


def test_a_renamed_property_finds_its_member_at_every_depth(session: botocore.session.Session) -> None:
    translated = arguments(
        shape(session, "lambda", "CreateEventSourceMapping"),
        {"functionName": "f", "destinationConfig": {"onFailure": {"destinationArn": "arn"}}},
        {"destinationArn": "Destination"},
    )

    assert translated == {
        "FunctionName": "f",
        "DestinationConfig": {"OnFailure": {"Destination": "arn"}},
    }


def test_a_property_without_a_member_is_an_error(session: botocore.session.Session) -> None:
    with pytest.raises(UnhandledPropertyError, match=r"^nonsense$"):
        arguments(shape(session, "ec2", "CreateVpc"), {"cidrBlock": "10.0.0.0/16", "nonsense": 1}, {})


def test_a_property_that_is_not_set_is_left_out(session: botocore.session.Session) -> None:
    values = {"cidrBlock": "10.0.0.0/16", "ipv6Pool": None}

    assert arguments(shape(session, "ec2", "CreateVpc"), values, {}) == {"CidrBlock": "10.0.0.0/16"}


@pytest.mark.parametrize(
    ("service", "operation", "values", "expected"),
    [
        # the template's volumes have text where EC2 wants a truth value
        (
            "ec2",
            "CreateLaunchTemplate",
            {
                "launchTemplateData": {
                    "blockDeviceMappings": [{"ebs": {"encrypted": "true", "volumeSize": 8}}]
                }
            },
            {"LaunchTemplateData": {"BlockDeviceMappings": [{"Ebs": {"Encrypted": True, "VolumeSize": 8}}]}},
        ),
        ("ec2", "CreateVpcEndpoint", {"dryRun": "false"}, {"DryRun": False}),
        ("cloudwatch", "PutMetricAlarm", {"threshold": "0.5"}, {"Threshold": 0.5}),
        ("rds", "CreateDBInstance", {"port": "5432"}, {"Port": 5432}),
        ("elbv2", "CreateTargetGroup", {"healthCheckPort": 8080}, {"HealthCheckPort": "8080"}),
    ],
)
def test_values_are_of_the_type_that_the_member_has(
    session: botocore.session.Session,
    service: str,
    operation: str,
    values: dict[str, Any],
    expected: dict[str, Any],
) -> None:
    assert arguments(shape(session, service, operation), values, {}) == expected


def test_a_dictionary_becomes_the_list_of_pairs_that_tags_and_dimensions_are(
    session: botocore.session.Session,
) -> None:
    tagged = arguments(shape(session, "sns", "CreateTopic"), {"tags": {"Stage": "dev"}}, {})
    measured = arguments(shape(session, "cloudwatch", "PutMetricAlarm"), {"dimensions": {"Queue": "q"}}, {})

    assert tagged == {"Tags": [{"Key": "Stage", "Value": "dev"}]}
    assert measured == {"Dimensions": [{"Name": "Queue", "Value": "q"}]}


def test_a_list_of_cloudfront_is_counted(session: botocore.session.Session) -> None:
    translated = arguments(
        shape(session, "cloudfront", "CreateCachePolicy"),
        {
            "cachePolicyConfig": {
                "parametersInCacheKeyAndForwardedToOrigin": {
                    "headersConfig": {"headerBehavior": "whitelist", "headers": {"items": ["Accept"]}},
                    "cookiesConfig": {"cookieBehavior": "none"},
                }
            }
        },
        {},
    )

    parameters = translated["CachePolicyConfig"]["ParametersInCacheKeyAndForwardedToOrigin"]
    assert parameters["HeadersConfig"]["Headers"] == {"Quantity": 1, "Items": ["Accept"]}
    assert parameters["CookiesConfig"] == {"CookieBehavior": "none"}

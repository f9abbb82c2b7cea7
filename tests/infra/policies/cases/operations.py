"""Cases of the policies on tags, logs, alarms, parameters and names."""

from dataclasses import replace

from infra.policies.resource_types import (
    AUTO_SCALING_GROUP,
    BUCKET,
    COMPOSITE_ALARM,
    DATABASE,
    LOG_GROUP,
    METRIC_ALARM,
    PARAMETER,
    QUEUE,
    TOPIC,
)
from tests.infra.policies.cases.case import Case
from tests.infra.policies.judging import given

SUBSCRIPTION = "aws:sns/topicSubscription:TopicSubscription"
ALARM = given(METRIC_ALARM, "alarm", uses={"alarmActions": ["subject"]})
OWN_TAGS = {"Project": "blueprint", "Stack": "dev", "Stage": "dev"}


def launched(*names: str) -> list[dict[str, object]]:
    return [{"key": name, "value": "any", "propagateAtLaunch": True} for name in names]


CASES = {
    "tags-present": Case(
        keeps=[
            given(QUEUE),
            replace(given(QUEUE, tags=OWN_TAGS), provider={}),
            replace(given(QUEUE, tagsAll=OWN_TAGS), provider={}),
            replace(
                given(QUEUE), provider={"defaultTags": '{"tags": {"Project":"p","Stack":"s","Stage":"d"}}'}
            ),
        ],
        breaks={
            "it lacks Project, Stack, Stage.": replace(given(QUEUE), provider={}),
            "it lacks Stage.": replace(given(QUEUE, tags={"Project": "p", "Stack": "s"}), provider={}),
        },
    ),
    "instances-tagged": Case(
        keeps=[given(AUTO_SCALING_GROUP, tags=launched("Project", "Stack", "Stage", "Name"))],
        breaks={
            "its instances lack Stage.": given(
                AUTO_SCALING_GROUP,
                tags=[*launched("Project", "Stack"), {"key": "Stage", "value": "dev"}],
            )
        },
    ),
    "log-retention": Case(
        keeps=[given(LOG_GROUP, retentionInDays=14)],
        breaks={
            "it keeps its log for ever.": given(LOG_GROUP, name="/aws/lambda/shop"),
            "it keeps its log for ever. ": given(LOG_GROUP, retentionInDays=0),
        },
    ),
    "alarm-acts": Case(
        keeps=[given(METRIC_ALARM, alarmActions=["arn"]), given(COMPOSITE_ALARM, alarmActions=["arn"])],
        breaks={
            "it tells nobody.": given(METRIC_ALARM, alarmActions=[]),
            "it tells nobody. ": given(METRIC_ALARM, alarmActions=["arn"], actionsEnabled=False),
        },
    ),
    "alarm-described": Case(
        keeps=[given(METRIC_ALARM, alarmDescription="Look at the log.")],
        breaks={"it does not say what it means.": given(METRIC_ALARM)},
    ),
    "alarms-heard": Case(
        keeps=[
            [given(TOPIC), ALARM, given(SUBSCRIPTION, "mail", uses={"topic": ["subject"]})],
            given(TOPIC),
        ],
        breaks={
            "alarms go there, and nobody hears them.": [given(TOPIC), ALARM],
            "alarms go there, and nobody hears them. ": [
                given(TOPIC),
                given(COMPOSITE_ALARM, "alarm", alarmActions=["arn:aws:any:us-east-1:123456789012:subject"]),
            ],
        },
    ),
    "parameters-without-secrets": Case(
        keeps=[
            given(PARAMETER, name="/shop/DATABASE_PASSWORD", type="SecureString", value="hunter2"),
            given(PARAMETER, name="/shop/DATABASE_SECRET_ARN", type="String", value="arn:aws:secret"),
        ],
        breaks={
            "DATABASE_PASSWORD: its name says that it is secret.": given(
                PARAMETER, name="/shop/DATABASE_PASSWORD", type="String", value="hunter2"
            ),
            "CACHE_URL: it holds a password in an address.": given(
                PARAMETER, name="/shop/CACHE_URL", type="String", value="rediss://shop:hunter2@cache:6379"
            ),
        },
    ),
    "names-free": Case(
        keeps=[
            given(PARAMETER, name="/shop/dev/LOG_LEVEL"),
            given(BUCKET, bucket="shop-site"),
            given(DATABASE, username="shop"),
        ],
        breaks={
            "`/aws/shop`: Parameter Store keeps `aws` and `ssm`.": given(PARAMETER, name="/aws/shop"),
            "`site-s3alias`: S3 keeps this beginning or end.": given(BUCKET, bucket="site-s3alias"),
            "`rdsadmin`: RDS keeps this user name.": given(DATABASE, username="rdsadmin"),
        },
    ),
    "types-current": Case(
        keeps=[given(BUCKET), given("random:index/randomPassword:RandomPassword")],
        breaks={
            "`aws:s3/bucketV2:BucketV2` is superseded by the same type of `aws.s3` without V2.": given(
                "aws:s3/bucketV2:BucketV2"
            ),
            "`aws:alb/listener:Listener` is superseded by the same type of `aws.lb`.": given(
                "aws:alb/listener:Listener"
            ),
        },
    ),
}

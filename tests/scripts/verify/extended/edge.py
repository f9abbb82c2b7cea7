"""What stands before a shop, and what watches over it."""

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from tests.scripts.verify.extended.ground import Ground, Maker

Policies = tuple[
    aws.cloudfront.CachePolicy, aws.cloudfront.OriginRequestPolicy, aws.cloudfront.ResponseHeadersPolicy
]


def cdn_policies(_: Ground, name: str, opts: pulumi.ResourceOptions) -> Policies:
    return (
        aws.cloudfront.CachePolicy(
            name,
            name=name,
            min_ttl=0,
            default_ttl=0,
            max_ttl=60,
            parameters_in_cache_key_and_forwarded_to_origin={
                "cookies_config": {"cookie_behavior": "none"},
                "headers_config": {"header_behavior": "none"},
                "query_strings_config": {"query_string_behavior": "all"},
            },
            opts=opts,
        ),
        aws.cloudfront.OriginRequestPolicy(
            name,
            name=name,
            cookies_config={"cookie_behavior": "all"},
            headers_config={"header_behavior": "allViewer"},
            query_strings_config={"query_string_behavior": "all"},
            opts=opts,
        ),
        aws.cloudfront.ResponseHeadersPolicy(
            name,
            name=name,
            security_headers_config={"content_type_options": {"override": True}},
            opts=opts,
        ),
    )


def distribution_origins(ground: Ground, name: str, opts: pulumi.ResourceOptions) -> None:
    cache, requests, headers = cdn_policies(ground, name, opts)
    bucket = aws.s3.Bucket(name, bucket=f"{name}-of-extensions", opts=opts)
    control = aws.cloudfront.OriginAccessControl(
        name,
        name=name,
        origin_access_control_origin_type="s3",
        signing_behavior="always",
        signing_protocol="sigv4",
        opts=opts,
    )
    aws.cloudfront.Distribution(
        name,
        enabled=True,
        origins=[
            {
                "origin_id": "site",
                "domain_name": bucket.bucket_regional_domain_name,
                "origin_access_control_id": control.id,
            }
        ],
        default_cache_behavior={
            "target_origin_id": "site",
            "viewer_protocol_policy": "redirect-to-https",
            "allowed_methods": ["GET", "HEAD"],
            "cached_methods": ["GET", "HEAD"],
            "cache_policy_id": cache.id,
            "origin_request_policy_id": requests.id,
            "response_headers_policy_id": headers.id,
        },
        restrictions={"geo_restriction": {"restriction_type": "none"}},
        viewer_certificate={"cloudfront_default_certificate": True},
        opts=opts,
    )


def email_identity_tags(_: Ground, name: str, opts: pulumi.ResourceOptions) -> None:
    aws.sesv2.EmailIdentity(name, email_identity="shop@example.com", tags={"Name": name}, opts=opts)


def user_pool_tiers(_: Ground, name: str, opts: pulumi.ResourceOptions) -> None:
    aws.cognito.UserPool(name, name=name, user_pool_tier="PLUS", opts=opts)


def budgets(ground: Ground, name: str, opts: pulumi.ResourceOptions) -> None:
    notification: aws.budgets.BudgetNotificationArgsDict = {
        "comparison_operator": "GREATER_THAN",
        "threshold": 80,
        "threshold_type": "PERCENTAGE",
        "notification_type": "ACTUAL",
        "subscriber_sns_topic_arns": [ground.topic.arn],
    }
    aws.budgets.Budget(
        name,
        name=name,
        budget_type="COST",
        limit_amount="50",
        limit_unit="USD",
        time_unit="MONTHLY",
        notifications=[notification],
        opts=opts,
    )


def composite_alarms(_: Ground, name: str, opts: pulumi.ResourceOptions) -> None:
    alarm = aws.cloudwatch.MetricAlarm(
        name,
        name=f"{name}-one",
        namespace="AWS/SQS",
        metric_name="ApproximateAgeOfOldestMessage",
        statistic="Maximum",
        comparison_operator="GreaterThanThreshold",
        threshold=60,
        period=60,
        evaluation_periods=1,
        opts=opts,
    )
    aws.cloudwatch.CompositeAlarm(
        name, alarm_name=name, alarm_rule=pulumi.Output.concat("ALARM(", alarm.name, ")"), opts=opts
    )


MAKERS: Mapping[str, Maker] = {
    "budgets": budgets,
    "cdn_policies": cdn_policies,
    "composite_alarms": composite_alarms,
    "distribution_defaults": distribution_origins,
    "distribution_origins": distribution_origins,
    "email_identity_tags": email_identity_tags,
    "user_pool_tiers": user_pool_tiers,
}

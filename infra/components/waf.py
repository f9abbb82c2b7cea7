"""The firewall for web requests: what is refused before it costs anything."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pulumi
import pulumi_aws as aws

from infra.components import naming
from infra.components.alarms import Alarm

NAME_LIMIT = 128
LOG_PREFIX = "aws-waf-logs-"
"""AWS WAF writes to log groups of such names only."""

RULE_GROUPS = {
    "common": "AWSManagedRulesCommonRuleSet",
    "known_bad_inputs": "AWSManagedRulesKnownBadInputsRuleSet",
    "sql_injection": "AWSManagedRulesSQLiRuleSet",
    "ip_reputation": "AWSManagedRulesAmazonIpReputationList",
    "anonymous_ip": "AWSManagedRulesAnonymousIpList",
    "linux": "AWSManagedRulesLinuxRuleSet",
}
REDACTED = ("authorization", "cookie")
REFUSED = ("BLOCK", "COUNT", "EXCLUDED_AS_COUNT")


@dataclass(frozen=True, kw_only=True)
class WafArgs:
    """
    Attributes:
        scope: CLOUDFRONT (in us-east-1) or REGIONAL.
        region: where its metrics are.
        rate_limit: requests in five minutes from one address.
        rule_groups: keys of `RULE_GROUPS`, in the order in which they are asked.
        count: rules, by such a key, that count what they match and let it pass; none is the whole group.
        log: whether "all" requests are logged or those that are "refused" (or would be, if it did not count).
        log_retention_days: how long its log is kept.
        log_kms_key_arn: the key that encrypts that log; None is CloudWatch's own.
    """

    scope: Literal["CLOUDFRONT", "REGIONAL"]
    region: str
    rate_limit: int
    rule_groups: Sequence[str]
    count: Mapping[str, Sequence[str]]
    log: Literal["refused", "all"]
    log_retention_days: int
    log_kms_key_arn: pulumi.Input[str] | None = None


class Waf(pulumi.ComponentResource):
    """A web ACL of rules that AWS keeps and a limit of requests an address, with a log.

    Resources: web ACL, log group, logging configuration.

    Attributes:
        arn: of the web ACL.
        alarms: much is refused: an attack, or a rule that is wrong about customers.
    """

    def __init__(self, name: str, args: WafArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("blueprint:edge:Waf", name, None, opts)
        self._name = name
        self._child = pulumi.ResourceOptions(parent=self)
        physical_name = naming.physical(name, NAME_LIMIT)
        acl = aws.wafv2.WebAcl(
            name,
            name=physical_name,
            description="Refuses what is known to be bad",
            scope=args.scope,
            default_action={"allow": {}},
            rules=_rules(args),
            visibility_config=_visibility(physical_name),
            opts=self._child,
        )
        self.arn = acl.arn
        self._log(args)
        self.alarms = [_many_refused(name, physical_name, args)]
        self.register_outputs({"arn": self.arn})

    def _log(self, args: WafArgs) -> None:
        group = aws.cloudwatch.LogGroup(
            f"{self._name}-log",
            name=LOG_PREFIX + naming.physical(self._name, NAME_LIMIT),
            retention_in_days=args.log_retention_days,
            kms_key_id=args.log_kms_key_arn,
            opts=self._child,
        )
        aws.wafv2.WebAclLoggingConfiguration(
            self._name,
            resource_arn=self.arn,
            log_destination_configs=[group.arn],
            redacted_fields=[{"single_header": {"name": header}} for header in REDACTED],
            logging_filter=None if args.log == "all" else _only_refused(),
            opts=self._child,
        )


def _rules(args: WafArgs) -> list[aws.wafv2.WebAclRuleArgsDict]:
    limit: aws.wafv2.WebAclRuleArgsDict = {
        "name": "rate-limit",
        "priority": 0,  # first: what it refuses, no other rule need look at
        "action": {"block": {"custom_response": {"response_code": 429}}},
        "statement": {"rate_based_statement": {"limit": args.rate_limit, "aggregate_key_type": "IP"}},
        "visibility_config": _visibility("rate-limit"),
    }
    groups = [
        _managed(group, priority, args.count.get(group))
        for priority, group in enumerate(args.rule_groups, start=1)
    ]
    return [limit, *groups]


def _managed(group: str, priority: int, count: Sequence[str] | None) -> aws.wafv2.WebAclRuleArgsDict:
    """A group of AWS's rules; of `count` rules, or of all where that is empty, matches are only counted."""
    whole = count is not None and not count
    return {
        "name": group.replace("_", "-"),
        "priority": priority,
        "override_action": {"count": {}} if whole else {"none": {}},
        "statement": {
            "managed_rule_group_statement": {
                "vendor_name": "AWS",
                "name": RULE_GROUPS[group],
                "rule_action_overrides": [
                    {"name": rule, "action_to_use": {"count": {}}} for rule in count or ()
                ],
            }
        },
        "visibility_config": _visibility(group.replace("_", "-")),
    }


def _visibility(metric: str) -> Any:
    """The same for the whole and for a rule, whose types in the SDK are two."""
    return {
        "cloudwatch_metrics_enabled": True,
        "metric_name": metric,
        "sampled_requests_enabled": True,
    }


def _only_refused() -> aws.wafv2.WebAclLoggingConfigurationLoggingFilterArgsDict:
    return {
        "default_behavior": "DROP",
        "filters": [
            {
                "behavior": "KEEP",
                "requirement": "MEETS_ANY",
                "conditions": [{"action_condition": {"action": action}} for action in REFUSED],
            }
        ],
    }


def _many_refused(name: str, metric: str, args: WafArgs) -> Alarm:
    # Metrics of a web ACL for CloudFront have no region among their dimensions.
    place = {} if args.scope == "CLOUDFRONT" else {"Region": args.region}
    return Alarm(
        name=f"{name}-refused",
        description=f"{name} refuses much: an attack, or a rule that is wrong about customers; see its log.",
        namespace="AWS/WAFV2",
        metric="BlockedRequests",
        dimensions={"WebACL": metric, "Rule": "ALL", **place},
        statistic="Sum",
        threshold=1_000,
        period=300,
        periods=1,
    )

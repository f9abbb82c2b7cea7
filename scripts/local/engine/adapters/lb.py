"""aws:lb: application load balancers, their listeners, rules and target groups."""

from collections.abc import Mapping
from typing import Any

from scripts.local.engine.errors import UnhandledPropertyError
from scripts.local.engine.registry import Created, creates
from scripts.local.engine.resource import Resource, tag_list

NAME_LIMIT = 32

# What Pulumi has as properties, and AWS's API as attributes.
LOAD_BALANCER_ATTRIBUTES = {
    "clientKeepAlive": "client_keep_alive.seconds",
    "desyncMitigationMode": "routing.http.desync_mitigation_mode",
    "dropInvalidHeaderFields": "routing.http.drop_invalid_header_fields.enabled",
    "enableCrossZoneLoadBalancing": "load_balancing.cross_zone.enabled",
    "enableDeletionProtection": "deletion_protection.enabled",
    "enableHttp2": "routing.http2.enabled",
    "idleTimeout": "idle_timeout.timeout_seconds",
    "enableTlsVersionAndCipherSuiteHeaders": "routing.http.x_amzn_tls_version_and_cipher_suite.enabled",
    "enableWafFailOpen": "waf.fail_open.enabled",
    "enableXffClientPort": "routing.http.xff_client_port.enabled",
    "enableZonalShift": "zonal_shift.config.enabled",
    "preserveHostHeader": "routing.http.preserve_host_header.enabled",
    "xffHeaderProcessingMode": "routing.http.xff_header_processing.mode",
}
DEFAULTS = {
    "clientKeepAlive": 3600,
    "enableHttp2": True,
    "enableTlsVersionAndCipherSuiteHeaders": False,
    "enableWafFailOpen": False,
    "enableXffClientPort": False,
    "enableZonalShift": False,
    "preserveHostHeader": False,
    "xffHeaderProcessingMode": "append",
}
"""Attributes that AWS and the provider give to every load balancer, and moto does not."""

TARGET_GROUP_ATTRIBUTES = {
    "deregistrationDelay": "deregistration_delay.timeout_seconds",
    "loadBalancingAlgorithmType": "load_balancing.algorithm.type",
    "loadBalancingAnomalyMitigation": "load_balancing.algorithm.anomaly_mitigation",
    "loadBalancingCrossZoneEnabled": "load_balancing.cross_zone.enabled",
    "preserveClientIp": "preserve_client_ip.enabled",
    "slowStart": "slow_start.duration_seconds",
}
STICKINESS = {
    "cookieDuration": "stickiness.lb_cookie.duration_seconds",
    "cookieName": "stickiness.app_cookie.cookie_name",
    "enabled": "stickiness.enabled",
    "type": "stickiness.type",
}

ACTIONS = {
    "arn": "TargetGroupArn",
    "fixedResponse": "FixedResponseConfig",
    "forward": "ForwardConfig",
    "redirect": "RedirectConfig",
    "stickiness": "TargetGroupStickinessConfig",
}
CONDITIONS = {
    "hostHeader": ("host-header", "HostHeaderConfig"),
    "httpHeader": ("http-header", "HttpHeaderConfig"),
    "httpRequestMethod": ("http-request-method", "HttpRequestMethodConfig"),
    "pathPattern": ("path-pattern", "PathPatternConfig"),
    "queryStrings": ("query-string", "QueryStringConfig"),
    "sourceIp": ("source-ip", "SourceIpConfig"),
}


@creates("aws:lb/loadBalancer:LoadBalancer")
def load_balancer(resource: Resource) -> Created:
    """Create a load balancer and set its attributes."""
    resource.inputs = {**DEFAULTS, **resource.inputs}
    attributes = _attributes(resource, LOAD_BALANCER_ATTRIBUTES)
    attributes += _logs("access_logs", resource.take("accessLogs", {"enabled": False}))
    attributes += _logs("connection_logs", resource.take("connectionLogs", {"enabled": False}))
    tags = tag_list(resource.take_tags())
    name = resource.take_name(limit=NAME_LIMIT)
    scheme: dict[str, Any] = {"Scheme": "internal"} if resource.take("internal", default=False) else {}
    created = resource.send(
        "elbv2",
        "create_load_balancer",
        {"type": resource.take("loadBalancerType", "application"), **resource.rest()},
        Name=name,
        Tags=tags,
        **scheme,
    )["LoadBalancers"][0]
    arn = created["LoadBalancerArn"]
    resource.call("elbv2", "modify_load_balancer_attributes", LoadBalancerArn=arn, Attributes=attributes)
    return arn, {
        "arn": arn,
        "arnSuffix": arn.partition(":loadbalancer/")[2],
        "dnsName": created["DNSName"],
        "name": name,
        "vpcId": created["VpcId"],
        "zoneId": created["CanonicalHostedZoneId"],
    }


@creates("aws:lb/targetGroup:TargetGroup")
def target_group(resource: Resource) -> Created:
    """Create a target group and set its attributes."""
    attributes = _attributes(resource, TARGET_GROUP_ATTRIBUTES)
    attributes += _stickiness(resource.take("stickiness", {}))
    tags = tag_list(resource.take_tags())
    name = resource.take_name(limit=NAME_LIMIT)
    check = _health_check(resource.take("healthCheck", {}))
    created = resource.send(
        "elbv2", "create_target_group", {**resource.rest(), **check}, Name=name, Tags=tags
    )["TargetGroups"][0]
    arn = created["TargetGroupArn"]
    if attributes:
        resource.call("elbv2", "modify_target_group_attributes", TargetGroupArn=arn, Attributes=attributes)
    suffix = f"targetgroup/{arn.partition(':targetgroup/')[2]}"
    return arn, {"arn": arn, "arnSuffix": suffix, "name": name}


@creates("aws:lb/listener:Listener")
def listener(resource: Resource) -> Created:
    """Create a listener."""
    tags = tag_list(resource.take_tags())
    certificate = resource.take("certificateArn")
    certificates = {"Certificates": [{"CertificateArn": certificate}]} if certificate else {}
    actions = [{"order": n, **action} for n, action in enumerate(resource.take("defaultActions"), 1)]
    values = {"protocol": "HTTP", **resource.rest(), "defaultActions": actions}
    created = resource.send("elbv2", "create_listener", values, ACTIONS, Tags=tags, **certificates)
    arn = created["Listeners"][0]["ListenerArn"]
    return arn, {"arn": arn}


@creates("aws:lb/listenerRule:ListenerRule")
def listener_rule(resource: Resource) -> Created:
    """Create a rule of a listener."""
    tags = tag_list(resource.take_tags())
    conditions = [_condition(condition) for condition in resource.take("conditions")]
    created = resource.send(
        "elbv2", "create_rule", {**resource.rest(), "conditions": conditions}, ACTIONS, Tags=tags
    )["Rules"][0]
    return created["RuleArn"], {"arn": created["RuleArn"]}


def _attributes(resource: Resource, names: Mapping[str, str]) -> list[dict[str, str]]:
    given = resource.take_all(*names)
    return [{"Key": names[key], "Value": _text(value)} for key, value in given.items()]


def _logs(kind: str, logs: dict[str, Any]) -> list[dict[str, str]]:
    return [{"Key": f"{kind}.s3.{key}", "Value": _text(value)} for key, value in logs.items()]


def _stickiness(stickiness: dict[str, Any]) -> list[dict[str, str]]:
    if unknown := stickiness.keys() - STICKINESS.keys():
        raise UnhandledPropertyError(", ".join(sorted(unknown)))
    return [{"Key": STICKINESS[key], "Value": _text(value)} for key, value in stickiness.items()]


def _health_check(check: dict[str, Any]) -> dict[str, Any]:
    """Return a health check's settings as properties of the target group, as AWS has them."""
    names = {
        "enabled": "healthCheckEnabled",
        "healthyThreshold": "healthyThresholdCount",
        "interval": "healthCheckIntervalSeconds",
        "path": "healthCheckPath",
        "port": "healthCheckPort",
        "protocol": "healthCheckProtocol",
        "timeout": "healthCheckTimeoutSeconds",
        "unhealthyThreshold": "unhealthyThresholdCount",
    }
    matcher = {"matcher": {"httpCode": check["matcher"]}} if "matcher" in check else {}
    given = {names.get(key, key): value for key, value in check.items() if key != "matcher"}
    return {**given, **matcher}


def _condition(condition: dict[str, Any]) -> dict[str, Any]:
    """Return a rule's condition, which has one property, with the field that AWS names beside it."""
    (key, value), *others = condition.items()
    if others or key not in CONDITIONS:
        raise UnhandledPropertyError(" with ".join(condition))
    name, config = CONDITIONS[key]
    return {"field": name, config: {"values": value} if key == "queryStrings" else value}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)

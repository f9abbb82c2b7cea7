"""Wiring of the edge: with a domain, a firewall, logs and routes of every kind, AWS sees what was meant."""

from collections.abc import Iterator
from typing import Any

import pytest

from infra.routes import OPEN, SIGNED_IN
from scripts.local import ACCOUNT
from tests.scripts.local.aws.clients import clients_of
from tests.scripts.local.engine.world import World, deployed

REGION, GLOBAL = "eu-central-1", "us-east-1"
API, BALANCER = "api.shop.example.com", "lb.shop.example.com"

SETTINGS = f"""
config:
  aws:region: {REGION}
  blueprint:preset: growth
  blueprint:stage: dev
  blueprint:domain:
    {{name: shop.example.com, aliases: [www.shop.example.com], create_zone: true, delegated: true}}
  blueprint:waf: {{regional: true, count: {{common: [SizeRestrictions_BODY], ip_reputation: []}}}}
  blueprint:cdn: {{origin_shield: {REGION}, refused_countries: [KP]}}
  blueprint:gateway:
    routes:
      POST /orders: {{rate: 5, burst: 10}}
      ANY /products/{{proxy+}}: {{target: services}}
    cors: {{origins: ["https://partner.example.com"]}}
  blueprint:identity: {{mfa: "ON", ses: true, tier: PLUS, threat_protection: AUDIT}}
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The deployed stack; nothing here changes it."""
    with deployed(tmp_path_factory.mktemp("stack"), "it", SETTINGS) as stack:
        yield stack


@pytest.fixture(scope="module")
def in_us_east_1(world: World) -> Any:
    """Clients of the region where CloudFront looks, whatever the stack's own is."""
    return clients_of(world.client("sts").meta.endpoint_url, GLOBAL)


@pytest.fixture(scope="module")
def distribution(world: World) -> dict[str, Any]:
    answer = world.client("cloudfront").get_distribution(Id=world.output("distribution_id"))
    found: dict[str, Any] = answer["Distribution"]
    return found


@pytest.fixture(scope="module")
def records(world: World) -> dict[tuple[str, str], dict[str, Any]]:
    """The records of the zone, but for those that every zone has, by name and type."""
    route53 = world.client("route53")
    (zone,) = route53.list_hosted_zones()["HostedZones"]
    assert zone["Name"] == "shop.example.com."
    found = route53.list_resource_record_sets(HostedZoneId=zone["Id"])["ResourceRecordSets"]
    return {(it["Name"].rstrip("."), it["Type"]): it for it in found if it["Type"] not in {"NS", "SOA"}}


def only(items: list[Any]) -> Any:
    (item,) = items
    return item


def test_the_shop_answers_at_its_own_names(
    world: World, distribution: dict[str, Any], records: dict[tuple[str, str], dict[str, Any]]
) -> None:
    assert world.output("site_url") == "https://shop.example.com"
    assert world.output("api_url") == "https://api.shop.example.com"
    config = distribution["DistributionConfig"]
    assert config["Aliases"]["Items"] == ["shop.example.com", "www.shop.example.com"]
    for name in config["Aliases"]["Items"]:
        for kind in ("A", "AAAA"):
            target = records[name, kind]["AliasTarget"]
            assert target["DNSName"].rstrip(".") == distribution["DomainName"]
            assert target["HostedZoneId"] == "Z2FDTNDATAQYW2"


def test_the_load_balancer_has_a_name_that_several_regions_can_share(
    world: World, records: dict[tuple[str, str], dict[str, Any]]
) -> None:
    balancer = only(world.client("elbv2").describe_load_balancers()["LoadBalancers"])
    record = records["lb.shop.example.com", "A"]
    assert record["AliasTarget"]["DNSName"].rstrip(".") == balancer["DNSName"]
    assert record["AliasTarget"]["EvaluateTargetHealth"] is True
    assert (record["SetIdentifier"], record["Region"]) == (REGION, REGION)


def test_certificates_are_where_they_are_used_and_proven_in_the_zone(
    world: World,
    in_us_east_1: Any,
    distribution: dict[str, Any],
    records: dict[tuple[str, str], dict[str, Any]],
) -> None:
    at_the_edge = only(in_us_east_1("acm").list_certificates()["CertificateSummaryList"])
    here = only(world.client("acm").list_certificates()["CertificateSummaryList"])
    viewer = distribution["DistributionConfig"]["ViewerCertificate"]
    assert viewer["ACMCertificateArn"] == at_the_edge["CertificateArn"]
    assert (viewer["SSLSupportMethod"], viewer["MinimumProtocolVersion"]) == ("sni-only", "TLSv1.2_2021")
    site = {"shop.example.com", "www.shop.example.com"}
    certificates = ((in_us_east_1, at_the_edge, site), (world.client, here, site | {API, BALANCER}))
    proven: set[str] = set()
    for client, summary, names in certificates:
        found = client("acm").describe_certificate(CertificateArn=summary["CertificateArn"])["Certificate"]
        assert set(found["SubjectAlternativeNames"]) == names
        for option in found["DomainValidationOptions"]:
            proof = option["ResourceRecord"]
            kept = records.get((proof["Name"].rstrip("."), proof["Type"]), {})
            if kept.get("ResourceRecords") == [{"Value": proof["Value"]}]:
                proven.add(option["DomainName"])
    assert proven == site | {API, BALANCER}


def test_the_firewall_stands_before_the_cdn_and_logs_without_credentials(
    in_us_east_1: Any, distribution: dict[str, Any]
) -> None:
    waf = in_us_east_1("wafv2")
    summary = only(waf.list_web_acls(Scope="CLOUDFRONT")["WebACLs"])
    assert distribution["DistributionConfig"]["WebACLId"] == summary["ARN"]
    acl = waf.get_web_acl(Name=summary["Name"], Scope="CLOUDFRONT", Id=summary["Id"])["WebACL"]
    rules = {rule["Name"]: rule for rule in sorted(acl["Rules"], key=lambda rule: rule["Priority"])}
    assert list(rules) == ["rate-limit", "common", "known-bad-inputs", "sql-injection", "ip-reputation"]
    assert rules["rate-limit"]["Statement"]["RateBasedStatement"]["Limit"] == 2000
    assert rules["rate-limit"]["Action"]["Block"]["CustomResponse"]["ResponseCode"] == 429
    common = rules["common"]["Statement"]["ManagedRuleGroupStatement"]
    assert (common["VendorName"], common["Name"]) == ("AWS", "AWSManagedRulesCommonRuleSet")
    override = only(common["RuleActionOverrides"])
    assert (override["Name"], list(override["ActionToUse"])) == ("SizeRestrictions_BODY", ["Count"])
    assert list(rules["common"]["OverrideAction"]) == ["None"]
    assert list(rules["ip-reputation"]["OverrideAction"]) == ["Count"]

    logging = waf.get_logging_configuration(ResourceArn=summary["ARN"])["LoggingConfiguration"]
    group = only(in_us_east_1("logs").describe_log_groups(logGroupNamePrefix="aws-waf-logs-")["logGroups"])
    assert only(logging["LogDestinationConfigs"]) == group["arn"].removesuffix(":*")
    assert group["retentionInDays"] == 14
    redacted = {field["SingleHeader"]["Name"] for field in logging["RedactedFields"]}
    assert redacted == {"authorization", "cookie"}
    assert logging["LoggingFilter"]["DefaultBehavior"] == "DROP"


def test_the_load_balancer_has_a_firewall_of_its_region(world: World) -> None:
    balancer = only(world.client("elbv2").describe_load_balancers()["LoadBalancers"])
    acl = world.client("wafv2").get_web_acl_for_resource(ResourceArn=balancer["LoadBalancerArn"])["WebACL"]
    assert acl["Name"] == "blueprint-it-balancer-firewall"


def test_the_cdn_proves_itself_to_the_load_balancer(world: World, distribution: dict[str, Any]) -> None:
    origins = {it["Id"]: it for it in distribution["DistributionConfig"]["Origins"]["Items"]}
    sent = only(origins["service"]["CustomHeaders"]["Items"])
    elb = world.client("elbv2")
    balancer = only(elb.describe_load_balancers()["LoadBalancers"])
    wanted = [
        condition["HttpHeaderConfig"]
        for listener in elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
        for rule in elb.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]
        for condition in rule["Conditions"]
        if condition["Field"] == "http-header"
    ]
    assert wanted
    for header in wanted:
        assert header["HttpHeaderName"] == sent["HeaderName"]
        assert sent["HeaderValue"] in header["Values"]
    assert origins["service"]["DomainName"] == BALANCER
    assert origins["service"]["CustomOriginConfig"]["OriginProtocolPolicy"] == "https-only"
    assert world.output("load_balancer_url") == f"https://{BALANCER}"
    assert origins["service"]["OriginShield"] == {"Enabled": True, "OriginShieldRegion": REGION}


def test_browsers_are_told_how_to_treat_pages_and_answers(world: World, distribution: dict[str, Any]) -> None:
    config = distribution["DistributionConfig"]
    behaviours = {"": config["DefaultCacheBehavior"]}
    behaviours |= {each["PathPattern"]: each for each in config["CacheBehaviors"]["Items"]}

    def told(pattern: str) -> dict[str, Any]:
        identifier = behaviours[pattern]["ResponseHeadersPolicyId"]
        answer = world.client("cloudfront").get_response_headers_policy(Id=identifier)
        policy = answer["ResponseHeadersPolicy"]["ResponseHeadersPolicyConfig"]
        security: dict[str, Any] = policy["SecurityHeadersConfig"]
        return security

    pages, answers = told(""), told("/orders*")
    assert pages == told("/assets/*")
    assert answers == told("/products*")
    assert pages["ContentSecurityPolicy"]["ContentSecurityPolicy"].startswith("default-src 'self'")
    assert answers["ContentSecurityPolicy"] == {
        "Override": False,
        "ContentSecurityPolicy": "default-src 'none'; frame-ancestors 'none'",
    }
    for policy in (pages, answers):
        assert policy["StrictTransportSecurity"]["AccessControlMaxAgeSec"] == 31536000
        assert policy["FrameOptions"] == {"Override": True, "FrameOption": "DENY"}
        assert policy["ContentTypeOptions"] == {"Override": True}


def test_what_is_not_there_and_who_is_not_served(distribution: dict[str, Any]) -> None:
    config = distribution["DistributionConfig"]
    page = only(config["CustomErrorResponses"]["Items"])
    assert (page["ErrorCode"], page["ResponseCode"], page["ResponsePagePath"]) == (403, "404", "/404.html")
    restriction = config["Restrictions"]["GeoRestriction"]
    assert (restriction["RestrictionType"], restriction["Items"]) == ("blacklist", ["KP"])


def test_the_log_of_the_cdn_goes_to_a_bucket_that_only_it_may_fill(
    world: World, in_us_east_1: Any, distribution: dict[str, Any]
) -> None:
    logs = in_us_east_1("logs")
    source = only(logs.describe_delivery_sources()["deliverySources"])
    destination = only(logs.describe_delivery_destinations()["deliveryDestinations"])
    delivery = only(logs.describe_deliveries()["deliveries"])
    bucket = f"blueprint-it-edge-log-{ACCOUNT}"
    assert source["resourceArns"] == [distribution["ARN"]]
    target = destination["deliveryDestinationConfiguration"]["destinationResourceArn"]
    assert target == f"arn:aws:s3:::{bucket}"
    assert delivery["deliveryDestinationArn"] == destination["arn"]
    assert delivery["deliverySourceName"] == source["name"]
    s3 = world.client("s3")
    policy = s3.get_bucket_policy(Bucket=bucket)["Policy"]
    assert "delivery.logs.amazonaws.com" in policy
    assert source["arn"] in policy
    rule = only(s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"])
    assert rule["Expiration"]["Days"] == 14


@pytest.fixture(scope="module")
def api(world: World) -> dict[str, Any]:
    found: dict[str, Any] = only(world.client("apigatewayv2").get_apis()["Items"])
    return found


def test_the_api_answers_at_its_own_name_alone(
    world: World, api: dict[str, Any], records: dict[tuple[str, str], dict[str, Any]]
) -> None:
    gateway = world.client("apigatewayv2")
    assert api["DisableExecuteApiEndpoint"] is True
    own = only(gateway.get_domain_names()["Items"])
    certificate = only(world.client("acm").list_certificates()["CertificateSummaryList"])
    configuration = only(own["DomainNameConfigurations"])
    assert own["DomainName"] == "api.shop.example.com"
    assert configuration["CertificateArn"] == certificate["CertificateArn"]
    assert configuration["SecurityPolicy"] == "TLS_1_2"
    mapping = only(gateway.get_api_mappings(DomainName=own["DomainName"])["Items"])
    assert (mapping["ApiId"], mapping["Stage"]) == (api["ApiId"], "$default")
    assert ("api.shop.example.com", "A") in records


def test_each_route_leads_where_it_should(world: World, api: dict[str, Any]) -> None:
    gateway = world.client("apigatewayv2")
    routes = {it["RouteKey"]: it for it in gateway.get_routes(ApiId=api["ApiId"])["Items"]}
    integrations = {
        f"integrations/{it['IntegrationId']}": it
        for it in gateway.get_integrations(ApiId=api["ApiId"])["Items"]
    }
    kinds = {key: integrations[route["Target"]]["IntegrationType"] for key, route in routes.items()}
    own = dict.fromkeys(["$default", "POST /orders", *OPEN, *SIGNED_IN], "AWS_PROXY")
    assert kinds == {**own, "ANY /products/{proxy+}": "HTTP_PROXY"}
    services = integrations[routes["ANY /products/{proxy+}"]["Target"]]
    link = gateway.get_vpc_link(VpcLinkId=services["ConnectionId"])
    https = {
        listener["ListenerArn"]
        for balancer in world.client("elbv2").describe_load_balancers()["LoadBalancers"]
        for listener in world.client("elbv2").describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])[
            "Listeners"
        ]
        if listener["Protocol"] == "HTTPS"
    }
    assert services["IntegrationUri"] in https
    assert services["TlsConfig"] == {"ServerNameToVerify": BALANCER}
    assert services["ConnectionType"] == "VPC_LINK"
    assert list(services["RequestParameters"]) == ["overwrite:header.X-Origin-Verify"]
    assert len(link["SubnetIds"]) == 2
    stage = only(gateway.get_stages(ApiId=api["ApiId"])["Items"])
    assert stage["RouteSettings"] == {"POST /orders": {"ThrottlingRateLimit": 5, "ThrottlingBurstLimit": 10}}
    assert api["CorsConfiguration"]["AllowOrigins"] == ["https://partner.example.com"]


def test_the_api_logs_every_request_and_counts_those_it_refuses(world: World, api: dict[str, Any]) -> None:
    stage = only(world.client("apigatewayv2").get_stages(ApiId=api["ApiId"])["Items"])
    logs = world.client("logs")
    group = only(logs.describe_log_groups(logGroupNamePrefix="/aws/vendedlogs/apigateway/")["logGroups"])
    assert stage["AccessLogSettings"]["DestinationArn"] == group["arn"].removesuffix(":*")
    counted = only(logs.describe_metric_filters(logGroupName=group["logGroupName"])["metricFilters"])
    assert counted["filterPattern"] == "{ $.status = 429 }"
    alarms = world.client("cloudwatch").describe_alarms()["MetricAlarms"]
    metric = only(counted["metricTransformations"])["metricName"]
    assert [alarm["AlarmName"] for alarm in alarms if alarm.get("MetricName") == metric] == [
        "blueprint-it-api-gateway-throttled"
    ]


def test_a_route_for_people_who_are_signed_in_takes_tokens_of_the_pool(
    world: World, api: dict[str, Any]
) -> None:
    gateway, cognito = world.client("apigatewayv2"), world.client("cognito-idp")
    routes = {it["RouteKey"]: it for it in gateway.get_routes(ApiId=api["ApiId"])["Items"]}
    for key in ("POST /orders", *SIGNED_IN):
        assert routes[key]["AuthorizationType"] == "JWT"
    for key in ("$default", *OPEN):
        assert routes[key]["AuthorizationType"] == "NONE"
    authorizer = gateway.get_authorizer(
        ApiId=api["ApiId"], AuthorizerId=routes["POST /orders"]["AuthorizerId"]
    )
    pool = only(cognito.list_user_pools(MaxResults=10)["UserPools"])["Id"]
    client = only(cognito.list_user_pool_clients(UserPoolId=pool)["UserPoolClients"])["ClientId"]
    issuer = f"https://cognito-idp.{REGION}.amazonaws.com/{pool}"
    assert authorizer["JwtConfiguration"] == {"Audience": [client], "Issuer": issuer}
    assert world.output("identity_issuer") == issuer
    assert world.output("identity_client_id") == client


def test_people_sign_in_by_mail_with_a_second_factor(world: World) -> None:
    cognito = world.client("cognito-idp")
    identifier = only(cognito.list_user_pools(MaxResults=10)["UserPools"])["Id"]
    pool = cognito.describe_user_pool(UserPoolId=identifier)["UserPool"]
    assert pool["UsernameAttributes"] == ["email"]
    assert pool["Policies"]["PasswordPolicy"]["MinimumLength"] == 12
    assert pool["MfaConfiguration"] == "ON"
    assert pool["EmailConfiguration"]["EmailSendingAccount"] == "DEVELOPER"
    assert pool["EmailConfiguration"]["SourceArn"].endswith(":identity/shop@example.com")
    client = only(cognito.list_user_pool_clients(UserPoolId=identifier)["UserPoolClients"])
    described = cognito.describe_user_pool_client(UserPoolId=identifier, ClientId=client["ClientId"])
    assert described["UserPoolClient"]["PreventUserExistenceErrors"] == "ENABLED"
    assert "ClientSecret" not in described["UserPoolClient"]
    groups = cognito.list_groups(UserPoolId=identifier)["Groups"]
    assert {group["GroupName"]: group["Precedence"] for group in groups} == {
        "admin": 1,
        "support": 2,
        "courier": 3,
    }


def test_alarms_on_the_cdn_are_where_its_metrics_are(in_us_east_1: Any) -> None:
    alarms = {it["AlarmName"]: it for it in in_us_east_1("cloudwatch").describe_alarms()["MetricAlarms"]}
    assert set(alarms) == {
        "blueprint-it-edge-server-errors",
        "blueprint-it-firewall-refused",
        "blueprint-it-site-unreachable",
    }
    topic = only(in_us_east_1("sns").list_topics()["Topics"])["TopicArn"]
    assert all(alarm["AlarmActions"] == [topic] for alarm in alarms.values())
    check = only(in_us_east_1("route53").list_health_checks()["HealthChecks"])
    assert check["HealthCheckConfig"]["FullyQualifiedDomainName"] == "shop.example.com"
    dimension = only(alarms["blueprint-it-site-unreachable"]["Dimensions"])
    assert dimension == {"Name": "HealthCheckId", "Value": check["Id"]}

"""aws:route53: hosted zones, records and health checks."""

from typing import Any

from scripts.local.engine.registry import Created, creates
from scripts.local.engine.resource import Resource, tag_list


@creates("aws:route53/zone:Zone")
def zone(resource: Resource) -> Created:
    """Create a public hosted zone."""
    resource.without_effect("forceDestroy")
    tags = resource.take_tags()
    config = {"hostedZoneConfig": {"comment": resource.take("comment", "Managed by Pulumi")}}
    values = {**config, **resource.rest()}
    created = resource.send("route53", "create_hosted_zone", values, CallerReference=resource.urn)
    zone_id = _bare(created["HostedZone"]["Id"])
    _tag(resource, "hostedzone", zone_id, tags)
    servers = created["DelegationSet"]["NameServers"]
    return zone_id, {
        "zoneId": zone_id,
        "arn": f"arn:aws:route53:::hostedzone/{zone_id}",
        "nameServers": servers,
        "primaryNameServer": servers[0],
    }


@creates("aws:route53/record:Record")
def record(resource: Resource) -> Created:
    """Create a record."""
    action = "UPSERT" if resource.take("allowOverwrite", default=False) else "CREATE"
    zone_id = resource.take("zoneId")
    records = [{"value": value} for value in resource.take("records", [])]
    given: dict[str, Any] = {**resource.rest(), **({"resourceRecords": records} if records else {})}
    for alias in given.pop("aliases", []):
        zone_of_alias = alias.pop("zoneId")
        given["aliasTarget"] = {"dnsName": alias.pop("name"), "hostedZoneId": zone_of_alias, **alias}
    for policy in given.pop("latencyRoutingPolicies", []):
        given["region"] = policy["region"]
    change = {"action": action, "resourceRecordSet": given}
    resource.send(
        "route53",
        "change_resource_record_sets",
        {"hostedZoneId": zone_id, "changeBatch": {"changes": [change]}},
    )
    parts = (zone_id, given["name"], given["type"], given.get("setIdentifier"))
    return "_".join(part for part in parts if part), {"fqdn": given["name"].rstrip(".")}


@creates("aws:route53/healthCheck:HealthCheck")
def health_check(resource: Resource) -> Created:
    """Create a health check."""
    tags = resource.take_tags()
    values = {"healthCheckConfig": resource.rest()}
    names = {"fqdn": "FullyQualifiedDomainName", "enableSni": "EnableSNI"}
    created = resource.send(
        "route53", "create_health_check", values, names, CallerReference=resource.urn[-64:]
    )
    check = created["HealthCheck"]["Id"]
    _tag(resource, "healthcheck", check, tags)
    return check, {"arn": f"arn:aws:route53:::healthcheck/{check}"}


def _tag(resource: Resource, kind: str, id_: str, tags: dict[str, str]) -> None:
    if tags:
        resource.call(
            "route53",
            "change_tags_for_resource",
            ResourceType=kind,
            ResourceId=id_,
            AddTags=tag_list(tags),
        )


def _bare(zone_id: str) -> str:
    """Route 53 returns ids with their place in its API before them."""
    return zone_id.rpartition("/")[2]

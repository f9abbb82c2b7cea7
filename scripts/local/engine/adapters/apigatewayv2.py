"""aws:apigatewayv2: HTTP APIs."""

from scripts.local.engine.registry import Created, creates
from scripts.local.engine.resource import Resource

NAME_LIMIT = 128
HOSTED_ZONE = "Z1UJRXOUMOOFQ8"  # of regional API names in us-east-1, for aliases in Route 53


@creates("aws:apigatewayv2/api:Api")
def api(resource: Resource) -> Created:
    """Create an API."""
    tags = resource.take_tags()
    name = resource.take_name(limit=NAME_LIMIT)
    created = resource.send("apigatewayv2", "create_api", resource.rest(), Name=name, Tags=tags)
    api_id = created["ApiId"]
    return api_id, {
        "name": name,
        "apiEndpoint": created["ApiEndpoint"],
        "arn": f"arn:aws:apigateway:{resource.region}::/apis/{api_id}",
        "executionArn": resource.arn("execute-api", api_id),
    }


@creates("aws:apigatewayv2/integration:Integration")
def integration(resource: Resource) -> Created:
    """Say what answers an API's routes."""
    names = {"timeoutMilliseconds": "TimeoutInMillis"}
    created = resource.send(
        "apigatewayv2", "create_integration", {"connectionType": "INTERNET", **resource.rest()}, names
    )
    return created["IntegrationId"], {}


@creates("aws:apigatewayv2/route:Route")
def route(resource: Resource) -> Created:
    """Create a route."""
    created = resource.send("apigatewayv2", "create_route", resource.rest())
    return created["RouteId"], {}


@creates("aws:apigatewayv2/stage:Stage")
def stage(resource: Resource) -> Created:
    """Create a stage, where an API can be called."""
    tags = resource.take_tags()
    name = resource.take_name(limit=NAME_LIMIT)
    limits = {each.pop("routeKey"): each for each in resource.take("routeSettings", [])}
    values = {**resource.rest(), "routeSettings": limits}
    if "defaultRouteSettings" in values:
        values["defaultRouteSettings"] = {"detailedMetricsEnabled": False, **values["defaultRouteSettings"]}
    api_id = values["apiId"]
    created = resource.send("apigatewayv2", "create_stage", values, StageName=name, Tags=tags)
    host = f"https://{api_id}.execute-api.{resource.region}.amazonaws.com"
    return name, {
        "name": name,
        "invokeUrl": f"{host}/" if name == "$default" else f"{host}/{name}",
        "executionArn": resource.arn("execute-api", f"{api_id}/{name}"),
        "arn": f"arn:aws:apigateway:{resource.region}::/apis/{api_id}/stages/{created['StageName']}",
    }


@creates("aws:apigatewayv2/authorizer:Authorizer")
def authorizer(resource: Resource) -> Created:
    """Say whose tokens open an API's routes."""
    name = resource.take_name(limit=NAME_LIMIT)
    names = {"audiences": "Audience", "identitySources": "IdentitySource"}
    created = resource.send("apigatewayv2", "create_authorizer", resource.rest(), names, Name=name)
    return created["AuthorizerId"], {"name": name}


@creates("aws:apigatewayv2/vpcLink:VpcLink")
def vpc_link(resource: Resource) -> Created:
    """Create an API's way into a VPC."""
    tags = resource.take_tags()
    name = resource.take_name(limit=NAME_LIMIT)
    created = resource.send("apigatewayv2", "create_vpc_link", resource.rest(), Name=name, Tags=tags)
    link = created["VpcLinkId"]
    return link, {"name": name, "arn": f"arn:aws:apigateway:{resource.region}::/vpclinks/{link}"}


@creates("aws:apigatewayv2/domainName:DomainName")
def domain_name(resource: Resource) -> Created:
    """Create a name of its own for an API."""
    tags = resource.take_tags()
    name = resource.take("domainName")
    configuration = resource.take("domainNameConfiguration")
    values = {"domainNameConfigurations": [configuration], **resource.rest()}
    resource.send("apigatewayv2", "create_domain_name", values, DomainName=name, Tags=tags)
    # AWS answers at a name of its own, for which records of the domain are aliases; moto makes none up.
    target = {
        "targetDomainName": f"d-{name}.execute-api.{resource.region}.amazonaws.com",
        "hostedZoneId": HOSTED_ZONE,
    }
    return name, {
        "arn": f"arn:aws:apigateway:{resource.region}::/domainnames/{name}",
        "domainNameConfiguration": {**configuration, **target},
    }


@creates("aws:apigatewayv2/apiMapping:ApiMapping")
def api_mapping(resource: Resource) -> Created:
    """Let an API answer at a name of its own."""
    values = {"apiMappingKey": "", **resource.rest()}
    created = resource.send("apigatewayv2", "create_api_mapping", values)
    return created["ApiMappingId"], {}

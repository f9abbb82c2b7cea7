"""aws:apigatewayv2: HTTP APIs."""

from scripts.local.engine.registry import Created, creates
from scripts.local.engine.resource import Resource

NAME_LIMIT = 128


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
    created = resource.send("apigatewayv2", "create_integration", resource.rest(), names)
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
    values = resource.rest()
    api_id = values["apiId"]
    created = resource.send("apigatewayv2", "create_stage", values, StageName=name, Tags=tags)
    host = f"https://{api_id}.execute-api.{resource.region}.amazonaws.com"
    return name, {
        "name": name,
        "invokeUrl": f"{host}/" if name == "$default" else f"{host}/{name}",
        "executionArn": resource.arn("execute-api", f"{api_id}/{name}"),
        "arn": f"arn:aws:apigateway:{resource.region}::/apis/{api_id}/stages/{created['StageName']}",
    }

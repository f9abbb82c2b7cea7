"""aws:ssm: parameters."""

from typing import Any

from scripts.local.engine.registry import Created, answers, creates
from scripts.local.engine.resource import Request, Resource, tag_list

NAME_LIMIT = 1011


@creates("aws:ssm/parameter:Parameter")
def parameter(resource: Resource) -> Created:
    """Create a parameter."""
    tags = tag_list(resource.take_tags())
    name = resource.take_name(limit=NAME_LIMIT)
    put = resource.send("ssm", "put_parameter", resource.rest(), Name=name, Tags=tags)
    path = name if name.startswith("/") else f"/{name}"
    arn = resource.arn("ssm", f"parameter{path}")
    return name, {"arn": arn, "name": name, "version": put["Version"]}


@answers("aws:ssm/getParameter:getParameter")
def get_parameter(request: Request) -> dict[str, Any]:
    """Return a parameter, decrypted as the provider does unless told otherwise."""
    decrypted = request.take("withDecryption", default=True)
    found = request.call("ssm", "get_parameter", Name=request.take("name"), WithDecryption=decrypted)
    value = found["Parameter"]
    return {
        "id": value["Name"],
        "arn": value["ARN"],
        "name": value["Name"],
        "type": value["Type"],
        "value": value["Value"],
        "version": value["Version"],
    }

"""aws: who and where we are. Functions of the provider's root module."""

from typing import Any

from scripts.local.engine.registry import answers
from scripts.local.engine.resource import Request


@answers("aws:index/getAvailabilityZones:getAvailabilityZones")
def availability_zones(request: Request) -> dict[str, Any]:
    """Return the zones of the region."""
    state = {"name": "state", "values": [request.take("state", "available")]}
    filters = [state, *request.take("filters", [])]
    zones = request.send("ec2", "describe_availability_zones", {"filters": filters})["AvailabilityZones"]
    return {
        "id": request.region,
        "names": [zone["ZoneName"] for zone in zones],
        "zoneIds": [zone["ZoneId"] for zone in zones],
    }


@answers("aws:index/getCallerIdentity:getCallerIdentity")
def caller_identity(request: Request) -> dict[str, Any]:
    """Return the account that the program runs in."""
    identity = request.call("sts", "get_caller_identity")
    account = identity["Account"]
    return {"id": account, "accountId": account, "arn": identity["Arn"], "userId": identity["UserId"]}


@answers("aws:index/getRegion:getRegion")
def region(request: Request) -> dict[str, Any]:
    """Return the region of the provider."""
    return {"id": request.region, "name": request.region, "region": request.region}

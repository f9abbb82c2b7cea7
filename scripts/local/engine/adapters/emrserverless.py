"""aws:emrserverless: Spark without servers of our own."""

from scripts.local.engine.registry import Created, creates
from scripts.local.engine.resource import Resource


@creates("aws:emrserverless/application:Application")
def application(resource: Resource) -> Created:
    """Create an application; it starts with its first job."""
    tags = resource.take_tags()
    name = resource.take_name(limit=64)
    made = resource.send("emr-serverless", "create_application", resource.rest(), name=name, tags=tags)
    return made["applicationId"], {"name": made["name"], "arn": made["arn"]}

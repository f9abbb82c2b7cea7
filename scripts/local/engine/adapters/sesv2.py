"""aws:sesv2: who mail comes from."""

from scripts.local.engine.registry import Created, creates
from scripts.local.engine.resource import Resource, tag_list


@creates("aws:sesv2/emailIdentity:EmailIdentity")
def email_identity(resource: Resource) -> Created:
    """Create an identity; the local SES sends from it without a verification."""
    tags = tag_list(resource.take_tags())
    values = resource.rest()
    identity = values["emailIdentity"]
    created = resource.send("sesv2", "create_email_identity", values, Tags=tags)
    return identity, {
        "arn": resource.arn("ses", f"identity/{identity}"),
        "identityType": created["IdentityType"],
        "verifiedForSendingStatus": created["VerifiedForSendingStatus"],
    }

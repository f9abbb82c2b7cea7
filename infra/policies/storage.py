"""Buckets: each with everything that S3 keeps apart from the bucket itself."""

from infra.policies.definition import Findings, in_stack, on_each
from infra.policies.documents import refuses_plain_http
from infra.policies.resource_types import BUCKET, BUCKET_POLICY
from infra.policies.resources import Resource, Stack

ACCESS_BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
ENCRYPTION = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
VERSIONING = "aws:s3/bucketVersioning:BucketVersioning"
LIFECYCLE = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
OWNERSHIP = "aws:s3/bucketOwnershipControls:BucketOwnershipControls"
ACL = "aws:s3/bucketAcl:BucketAcl"

BLOCKS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


@in_stack(BUCKET, remedy="Create a BucketPublicAccessBlock with all four switches on.")
def bucket_access_blocked(bucket: Resource, stack: Stack) -> Findings:
    """Most leaks from S3 were a bucket that somebody opened by mistake; the block outranks the mistake."""
    blocks = stack.about(bucket, ACCESS_BLOCK, "bucket")
    if not blocks:
        yield "it has no public access block."
    for block in blocks:
        if off := [switch for switch in BLOCKS if not block.on(switch)]:
            yield f"its public access block leaves {', '.join(off)} off."


@in_stack(BUCKET, remedy="Create a BucketServerSideEncryptionConfiguration.")
def bucket_encrypted(bucket: Resource, stack: Stack) -> Findings:
    """Which key protects the objects is to be decided on purpose, and seen by who reviews the stack."""
    if not stack.about(bucket, ENCRYPTION, "bucket"):
        yield "its encryption is not configured."


@in_stack(BUCKET, remedy="Deny `s3:*` to everybody where `aws:SecureTransport` is false, in a BucketPolicy.")
def bucket_tls_only(bucket: Resource, stack: Stack) -> Findings:
    """S3 answers by plain HTTP too unless the bucket's policy says otherwise."""
    policies = stack.about(bucket, BUCKET_POLICY, "bucket")
    if not policies:
        yield "it has no policy."
    elif not any(refuses_plain_http(policy.get("policy"), "s3:*") for policy in policies):
        yield "its policy lets plain HTTP pass."


@in_stack(BUCKET, remedy="Create a BucketVersioning with status Enabled.")
def bucket_versioned(bucket: Resource, stack: Stack) -> Findings:
    """Without versions, an object overwritten or deleted by mistake is gone."""
    found = stack.about(bucket, VERSIONING, "bucket")
    if not any(each.get("versioningConfiguration.status") == "Enabled" for each in found):
        yield "it keeps no versions."


@in_stack(BUCKET, remedy="Create a BucketLifecycleConfiguration that ends old versions and uploads.")
def bucket_forgets(bucket: Resource, stack: Stack) -> Findings:
    """Old versions and abandoned uploads are paid for until somebody remembers them."""
    rules = [
        rule
        for each in stack.about(bucket, LIFECYCLE, "bucket")
        for rule in each.blocks("rules")
        if rule.get("status") == "Enabled"
    ]
    for key, what in (
        ("noncurrentVersionExpiration", "old versions"),
        ("abortIncompleteMultipartUpload", "abandoned uploads"),
    ):
        if not any(rule.get(key) for rule in rules):
            yield f"it keeps {what} for ever."


@in_stack(
    BUCKET, remedy="Create BucketOwnershipControls with BucketOwnerEnforced, and no ACL.", advisory=True
)
def bucket_without_acls(bucket: Resource, stack: Stack) -> Findings:
    """Access lists open single objects in a way that no policy of the bucket shows."""
    found = stack.about(bucket, OWNERSHIP, "bucket")
    if not any(each.get("rule.objectOwnership") == "BucketOwnerEnforced" for each in found):
        yield "its objects may have access lists of their own."


@on_each(ACL, remedy="Remove it; grant access by the bucket's policy.")
def bucket_acl_private(acl: Resource) -> Findings:
    """A canned list such as `public-read` opens every object to everybody."""
    everybody = ("public-read", "public-read-write", "authenticated-read")
    groups = [str(each.get("grantee.uri")) for each in acl.blocks("accessControlPolicy.grants")]
    if acl.get("acl") in everybody or any(
        group.endswith(("AllUsers", "AuthenticatedUsers")) for group in groups
    ):
        yield "it opens the bucket to everybody."


@on_each(BUCKET, remedy="Leave `force_destroy` off.", production=True)
def bucket_not_emptied(bucket: Resource) -> Findings:
    """With `force_destroy`, deleting the bucket deletes every object and every version first."""
    if bucket.on("forceDestroy"):
        yield "it is emptied and deleted by `destroy`."

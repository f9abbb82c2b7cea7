"""aws:s3: buckets, what is set on them, and objects."""

import json
from pathlib import Path
from urllib.parse import urlencode

import pulumi

from scripts.local.engine.errors import EngineError
from scripts.local.engine.registry import Created, creates
from scripts.local.engine.resource import Resource, tag_list

NAME_LIMIT = 63
HOSTED_ZONES = {"us-east-1": "Z3AQBSTGFYJSTF"}  # of S3 websites, by region


@creates("aws:s3/bucket:Bucket")
def bucket(resource: Resource) -> Created:
    """Create a bucket in the region of its provider."""
    resource.without_effect("forceDestroy")
    tags = tag_list(resource.take_tags())
    name = resource.take_name("bucket", limit=NAME_LIMIT).lower()
    place = {"LocationConstraint": resource.region}
    # S3 refuses the name of its first region, which is the default.
    constraint = {} if resource.region == "us-east-1" else {"CreateBucketConfiguration": place}
    resource.call("s3", "create_bucket", Bucket=name, **constraint)
    if tags:
        resource.call("s3", "put_bucket_tagging", Bucket=name, Tagging={"TagSet": tags})
    return name, {
        "bucket": name,
        "arn": f"arn:aws:s3:::{name}",
        "bucketDomainName": f"{name}.s3.amazonaws.com",
        "bucketRegionalDomainName": f"{name}.s3.{resource.region}.amazonaws.com",
        "bucketRegion": resource.region,
        "hostedZoneId": HOSTED_ZONES.get(resource.region),
    }


@creates("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock")
def public_access_block(resource: Resource) -> Created:
    """Close a bucket to the public."""
    name = resource.take("bucket")
    block = {"publicAccessBlockConfiguration": resource.rest()}
    resource.send("s3", "put_public_access_block", block, Bucket=name)
    return name, {}


@creates("aws:s3/bucketOwnershipControls:BucketOwnershipControls")
def ownership_controls(resource: Resource) -> Created:
    """Say who owns the objects of a bucket."""
    name = resource.take("bucket")
    controls = {"ownershipControls": {"rules": [resource.take("rule")]}}
    resource.send("s3", "put_bucket_ownership_controls", controls, Bucket=name)
    return name, {}


@creates("aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration")
def encryption(resource: Resource) -> Created:
    """Encrypt what is put into a bucket."""
    name = resource.take("bucket")
    configuration = {"serverSideEncryptionConfiguration": resource.rest()}
    resource.send("s3", "put_bucket_encryption", configuration, Bucket=name)
    return name, {}


@creates("aws:s3/bucketVersioning:BucketVersioning")
def versioning(resource: Resource) -> Created:
    """Keep the versions of a bucket's objects."""
    name = resource.take("bucket")
    resource.send("s3", "put_bucket_versioning", resource.rest(), Bucket=name)
    return name, {}


@creates("aws:s3/bucketCorsConfiguration:BucketCorsConfiguration")
def cors(resource: Resource) -> Created:
    """Say which pages may have a browser send to a bucket."""
    name = resource.take("bucket")
    configuration = {"corsConfiguration": resource.rest()}
    resource.send("s3", "put_bucket_cors", configuration, Bucket=name)
    return name, {}


@creates("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration")
def lifecycle(resource: Resource) -> Created:
    """Let a bucket's objects expire or move."""
    name = resource.take("bucket")
    configuration = {"lifecycleConfiguration": resource.rest()}
    resource.send("s3", "put_bucket_lifecycle_configuration", configuration, Bucket=name)
    return name, {}


@creates("aws:s3/bucketPolicy:BucketPolicy")
def bucket_policy(resource: Resource) -> Created:
    """Write the policy of a bucket."""
    name, policy = resource.take("bucket"), resource.take("policy")
    text = policy if isinstance(policy, str) else json.dumps(policy)
    resource.call("s3", "put_bucket_policy", Bucket=name, Policy=text)
    return name, {}


@creates("aws:s3/bucketObjectv2:BucketObjectv2")
def bucket_object(resource: Resource) -> Created:
    """Upload an object: a file, or content that the program gives."""
    resource.without_effect("etag", "forceDestroy", "sourceHash")  # what tells Pulumi of a change
    tags = urlencode(resource.take_tags())
    body = _content(resource)
    values = resource.rest()
    name, key = values["bucket"], values["key"]
    put = resource.send("s3", "put_object", values, {"kmsKeyId": "SSEKMSKeyId"}, Body=body, Tagging=tags)
    return f"{name}/{key}", {
        "arn": f"arn:aws:s3:::{name}/{key}",
        "etag": put["ETag"].strip('"'),
        "versionId": put.get("VersionId"),
    }


def _content(resource: Resource) -> bytes:
    source, content = resource.take("source"), resource.take("content")
    if isinstance(source, pulumi.FileAsset | pulumi.FileArchive):
        return read_file(resource, Path(source.path))
    if isinstance(source, pulumi.StringAsset):
        return source.text.encode()
    if source is not None:
        raise EngineError(f"{resource}: the source must be a file or text, not {type(source).__name__}.")
    return (content or "").encode()


def read_file(resource: Resource, path: Path) -> bytes:
    """Return the bytes of a file that a resource deploys; raises `EngineError` when it is not there."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise EngineError(f"{resource}: {path} cannot be read: {error.strerror}.") from None

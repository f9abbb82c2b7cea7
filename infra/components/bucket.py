"""Buckets: private, encrypted, versioned, by TLS only."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.components import naming, policy
from infra.components.policy import Role, Statement

NAME_LIMIT = 63
OLD_VERSION_DAYS = 30
"""How long a replaced or deleted object can be brought back."""
PREFLIGHT = 3_600
"""Seconds for which a browser remembers what pages of another origin may send."""


@dataclass(frozen=True, kw_only=True)
class BucketArgs:
    """
    Attributes:
        account_id: makes the bucket's name unique; names are shared by all of AWS.
        protect: refuse to be deleted with objects inside.
        served_by_cdn: `grant_cdn_read` will follow. A bucket has one policy; it must name the distribution
            that reads the bucket, which in turn must be told of the bucket first.
        takes_deliveries: `grant_deliveries` or `grant_log_delivery` will follow, for the same reason.
        kms_key_arn: the key that encrypts objects; None is S3's own. Whoever is granted objects may use it;
            CloudFront and services that deliver must be let use it by its own policy, which none is.
        expires_days: days after which an object goes; None keeps it.
        lifecycle: rules beside those that every bucket has.
    """

    account_id: pulumi.Input[str]
    protect: bool
    served_by_cdn: bool = False
    takes_deliveries: bool = False
    kms_key_arn: pulumi.Input[str] | None = None
    expires_days: int | None = None
    lifecycle: Sequence[aws.s3.BucketLifecycleConfigurationRuleArgsDict] = ()


class Bucket(pulumi.ComponentResource):
    """A bucket that nobody reaches from outside the account.

    Resources: bucket, public access block, ownership controls, encryption, versioning, lifecycle, policy.

    Attributes:
        name, arn: of the bucket.
        kms_key_arn: the key of its objects; None is S3's own.
        domain_name: its address in its own region.
    """

    def __init__(self, name: str, args: BucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("blueprint:storage:Bucket", name, None, opts)
        self._name = name
        self._child = pulumi.ResourceOptions(parent=self)
        self.kms_key_arn = args.kms_key_arn
        self.resource = aws.s3.Bucket(
            name,
            bucket=pulumi.Output.from_input(args.account_id).apply(
                lambda account: naming.physical(f"{name}-{account}", NAME_LIMIT)
            ),
            force_destroy=not args.protect,
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect),
        )
        self.name = self.resource.bucket
        self.arn = self.resource.arn
        self.domain_name = self.resource.bucket_regional_domain_name
        self._access_block = self._keep_private()
        self._encrypt()
        self._keep_versions(args.expires_days, args.lifecycle)
        if not (args.served_by_cdn or args.takes_deliveries):
            self._attach_policy([])
        self.register_outputs({"name": self.name})

    def grant_read(self, role: Role, prefix: str) -> aws.iam.RolePolicy:
        """Let `role` get objects whose key begins with `prefix`."""
        statement = policy.allow(["s3:GetObject"], [pulumi.Output.concat(self.arn, f"/{prefix}*")])
        statements = [statement, *policy.decrypt(self.kms_key_arn)]
        return policy.grant(role, f"read-{self._name}", statements, self)

    def grant_write(self, role: Role, prefix: str) -> aws.iam.RolePolicy:
        """Let `role` list and put objects whose key begins with `prefix`."""
        condition = {"StringLike": {"s3:prefix": f"{prefix}*"}}
        statements = [
            policy.allow(["s3:ListBucket"], [self.arn], Condition=condition),
            policy.allow(["s3:PutObject"], [pulumi.Output.concat(self.arn, f"/{prefix}*")]),
            *policy.encrypt(self.kms_key_arn),
        ]
        return policy.grant(role, f"write-{self._name}", statements, self)

    def grant_work(
        self,
        role: Role,
        *,
        reads: Sequence[str],
        writes: Sequence[str],
        deletes: Sequence[str] = (),
        in_parts: Sequence[str] = (),
    ) -> aws.iam.RolePolicy:
        """Let `role` get, put and delete objects by what their keys begin with, and ask for what there is.

        What it writes in parts, it may ask for the parts of, and give up.

        Who may not list a bucket is told 403 of what is not there, and cannot know it from what it may not
        see; so the role may list what there is.
        """
        objects = (
            (["s3:GetObject"], reads),
            (["s3:PutObject"], writes),
            (["s3:DeleteObject"], deletes),
            (["s3:ListMultipartUploadParts", "s3:AbortMultipartUpload"], in_parts),
        )
        statements = [
            policy.allow(["s3:ListBucket"], [self.arn]),
            *(
                policy.allow(actions, [pulumi.Output.concat(self.arn, f"/{prefix}*") for prefix in prefixes])
                for actions, prefixes in objects
                if prefixes
            ),
            *policy.encrypt(self.kms_key_arn),
        ]
        return policy.grant(role, f"work-{self._name}", statements, self)

    def allow_uploads_from(self, *origins: pulumi.Input[str]) -> aws.s3.BucketCorsConfiguration:
        """Let browsers send from pages of these origins, such as `https://example.com`, what is signed."""
        return aws.s3.BucketCorsConfiguration(
            f"{self._name}-uploads",
            bucket=self.name,
            cors_rules=[
                {
                    "allowed_methods": ["POST", "PUT"],
                    "allowed_origins": list(origins),
                    "allowed_headers": ["*"],
                    "expose_headers": ["ETag"],  # of each part, by which an upload in parts is completed
                    "max_age_seconds": PREFLIGHT,
                }
            ],
            opts=self._child,
        )

    def grant_cdn_read(
        self, distribution_arn: pulumi.Input[str], prefixes: Sequence[str] = ("",)
    ) -> aws.s3.BucketPolicy:
        """Let that one CloudFront distribution get objects, those whose key begins with one of `prefixes`."""
        statement = {
            **policy.allow(
                ["s3:GetObject"], [pulumi.Output.concat(self.arn, f"/{prefix}*") for prefix in prefixes]
            ),
            "Sid": "CdnRead",
            "Principal": {"Service": "cloudfront.amazonaws.com"},
            "Condition": {"StringEquals": {"aws:SourceArn": distribution_arn}},
        }
        return self._attach_policy([statement])

    def grant_deliveries(self, statements: Sequence[Statement]) -> aws.s3.BucketPolicy:
        """Let services of AWS put what they deliver, each by a statement of its own."""
        return self._attach_policy(statements)

    def grant_log_delivery(
        self, prefix: str, account_id: pulumi.Input[str], source_arn: pulumi.Input[str]
    ) -> aws.s3.BucketPolicy:
        """Let one of CloudWatch's delivery sources put logs whose key begins with `prefix`."""
        statement = {
            **policy.allow(["s3:PutObject"], [pulumi.Output.concat(self.arn, f"/{prefix}*")]),
            "Sid": "LogDelivery",
            "Principal": {"Service": "delivery.logs.amazonaws.com"},
            "Condition": {
                "StringEquals": {
                    "aws:SourceAccount": account_id,
                    "s3:x-amz-acl": "bucket-owner-full-control",
                },
                "ArnLike": {"aws:SourceArn": source_arn},
            },
        }
        return self._attach_policy([statement])

    def _attach_policy(self, statements: Sequence[Statement]) -> aws.s3.BucketPolicy:
        everything = [self.arn, pulumi.Output.concat(self.arn, "/*")]
        return aws.s3.BucketPolicy(
            f"{self._name}-policy",
            bucket=self.name,
            policy=policy.document(policy.deny_insecure_transport("s3:*", everything), *statements),
            # S3 refuses two changes of a bucket's access at once.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self._access_block]),
        )

    def _keep_private(self) -> aws.s3.BucketPublicAccessBlock:
        aws.s3.BucketOwnershipControls(
            f"{self._name}-owner",
            bucket=self.name,
            rule={"object_ownership": "BucketOwnerEnforced"},  # access lists are off
            opts=self._child,
        )
        return aws.s3.BucketPublicAccessBlock(
            f"{self._name}-private",
            bucket=self.name,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=self._child,
        )

    def _encrypt(self) -> None:
        rule: aws.s3.BucketServerSideEncryptionConfigurationRuleArgsDict = {
            "apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}
        }
        if self.kms_key_arn is not None:
            # With a key of the bucket's own, made from the stack's, S3 asks KMS once in a while.
            rule = {
                "apply_server_side_encryption_by_default": {
                    "sse_algorithm": "aws:kms",
                    "kms_master_key_id": self.kms_key_arn,
                },
                "bucket_key_enabled": True,
            }
        aws.s3.BucketServerSideEncryptionConfiguration(
            f"{self._name}-encryption", bucket=self.name, rules=[rule], opts=self._child
        )

    def _keep_versions(
        self, expires_days: int | None, lifecycle: Sequence[aws.s3.BucketLifecycleConfigurationRuleArgsDict]
    ) -> None:
        versioning = aws.s3.BucketVersioning(
            f"{self._name}-versions",
            bucket=self.name,
            versioning_configuration={"status": "Enabled"},
            opts=self._child,
        )
        leftovers: aws.s3.BucketLifecycleConfigurationRuleArgsDict = {
            "id": "leftovers",
            "status": "Enabled",
            "filter": {"prefix": ""},
            "noncurrent_version_expiration": {"noncurrent_days": OLD_VERSION_DAYS},
            "abort_incomplete_multipart_upload": {"days_after_initiation": 7},
        }
        if expires_days is not None:
            leftovers["expiration"] = {"days": expires_days}
        aws.s3.BucketLifecycleConfiguration(
            f"{self._name}-lifecycle",
            bucket=self.name,
            rules=[leftovers, *lifecycle],
            opts=pulumi.ResourceOptions(parent=self, depends_on=[versioning]),
        )

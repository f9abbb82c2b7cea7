"""Cases of the policies on buckets."""

import json
from typing import Any

from infra.policies.resource_types import BUCKET, BUCKET_POLICY
from infra.policies.storage import ACCESS_BLOCK, ACL, BLOCKS, ENCRYPTION, LIFECYCLE, OWNERSHIP, VERSIONING
from tests.infra.policies.cases.case import Case
from tests.infra.policies.judging import given

OF_SUBJECT = {"bucket": ["subject"]}
TLS_ONLY = json.dumps(
    {
        "Statement": [
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": ["arn:aws:s3:::site", "arn:aws:s3:::site/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ]
    }
)
ALL_ON: dict[str, Any] = dict.fromkeys(BLOCKS, True)
NONCURRENT = {"noncurrentDays": 30}
UPLOADS = {"daysAfterInitiation": 7}

CASES = {
    "bucket-access-blocked": Case(
        keeps=[
            [given(BUCKET), given(ACCESS_BLOCK, "block", uses=OF_SUBJECT, **ALL_ON)],
            [given(BUCKET, bucket="site"), given(ACCESS_BLOCK, "block", bucket="site", **ALL_ON)],
        ],
        breaks={
            "it has no public access block.": [
                given(BUCKET, bucket="site"),
                given(ACCESS_BLOCK, "block", bucket="another", **ALL_ON),
            ],
            "its public access block leaves blockPublicPolicy off.": [
                given(BUCKET),
                given(ACCESS_BLOCK, "block", uses=OF_SUBJECT, **{**ALL_ON, "blockPublicPolicy": False}),
            ],
        },
    ),
    "bucket-encrypted": Case(
        keeps=[[given(BUCKET), given(ENCRYPTION, "encryption", uses=OF_SUBJECT)]],
        breaks={"its encryption is not configured.": given(BUCKET)},
    ),
    "bucket-tls-only": Case(
        keeps=[[given(BUCKET), given(BUCKET_POLICY, "policy", uses=OF_SUBJECT, policy=TLS_ONLY)]],
        breaks={
            "it has no policy.": given(BUCKET),
            "its policy lets plain HTTP pass.": [
                given(BUCKET),
                given(BUCKET_POLICY, "policy", uses=OF_SUBJECT, policy='{"Statement": []}'),
            ],
        },
    ),
    "bucket-versioned": Case(
        keeps=[
            [
                given(BUCKET),
                given(VERSIONING, "v", uses=OF_SUBJECT, versioningConfiguration={"status": "Enabled"}),
            ]
        ],
        breaks={
            "it keeps no versions.": [
                given(BUCKET),
                given(VERSIONING, "v", uses=OF_SUBJECT, versioningConfiguration={"status": "Suspended"}),
            ]
        },
    ),
    "bucket-forgets": Case(
        keeps=[
            [
                given(BUCKET),
                given(
                    LIFECYCLE,
                    "lifecycle",
                    uses=OF_SUBJECT,
                    rules=[
                        {"status": "Enabled", "noncurrentVersionExpiration": NONCURRENT},
                        {"status": "Enabled", "abortIncompleteMultipartUpload": UPLOADS},
                    ],
                ),
            ]
        ],
        breaks={
            "it keeps abandoned uploads for ever.": [
                given(BUCKET),
                given(
                    LIFECYCLE,
                    "lifecycle",
                    uses=OF_SUBJECT,
                    rules=[
                        {"status": "Enabled", "noncurrentVersionExpiration": NONCURRENT},
                        {"status": "Disabled", "abortIncompleteMultipartUpload": UPLOADS},
                    ],
                ),
            ]
        },
    ),
    "bucket-without-acls": Case(
        keeps=[
            [
                given(BUCKET),
                given(OWNERSHIP, "o", uses=OF_SUBJECT, rule={"objectOwnership": "BucketOwnerEnforced"}),
            ]
        ],
        breaks={"its objects may have access lists of their own.": given(BUCKET)},
    ),
    "bucket-acl-private": Case(
        keeps=[given(ACL, acl="private")],
        breaks={
            "it opens the bucket to everybody.": given(ACL, acl="public-read"),
            "it opens the bucket to everybody. ": given(
                ACL,
                accessControlPolicy={
                    "grants": [
                        {
                            "grantee": {
                                "type": "Group",
                                "uri": "http://acs.amazonaws.com/groups/global/AllUsers",
                            },
                            "permission": "READ",
                        }
                    ]
                },
            ),
        },
    ),
    "bucket-not-emptied": Case(
        keeps=[given(BUCKET, forceDestroy=False), given(BUCKET)],
        breaks={"it is emptied and deleted by `destroy`.": given(BUCKET, forceDestroy=True)},
    ),
}

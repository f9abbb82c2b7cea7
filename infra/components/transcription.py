"""Amazon Transcribe: what is said in films, written down."""

import pulumi
import pulumi_aws as aws

from infra.components import policy
from infra.components.bucket import Bucket
from infra.components.policy import Role


def grant_transcription(
    role: Role, bucket: Bucket, *, region: str, account_id: pulumi.Input[str]
) -> aws.iam.RolePolicy:
    """Let `role` have films transcribed into `bucket`, and ask what became of a job of this account.

    Transcribe reads and writes in the role's name, which needs to be granted that by the bucket. A job that
    does not exist yet has no ARN to narrow its start to: where it writes does that.
    """
    into = {"StringEquals": {"transcribe:OutputBucketName": bucket.name}}
    jobs = pulumi.Output.concat(f"arn:aws:transcribe:{region}:", account_id, ":transcription-job/*")
    statements = [
        policy.allow(["transcribe:StartTranscriptionJob"], ["*"], Condition=into),
        policy.allow(["transcribe:GetTranscriptionJob"], [jobs]),
    ]
    return policy.grant(role, "transcribe", statements, bucket)

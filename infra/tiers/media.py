"""What lies where in the bucket of media, and for how long."""

import pulumi_aws as aws

LifecycleRule = aws.s3.BucketLifecycleConfigurationRuleArgsDict

QUARANTINE = "quarantine/"
"""As it was uploaded, seen by nobody but those who work on it."""
PUBLISHED = "media/published/"
"""What was made of it; the CDN serves it under the same path."""
PRIVATE = "media/private/"
"""Likewise, of what is private; the CDN serves it at signed addresses alone."""
STATUS = "status/"
"""Notes on what came of the work."""
RUNNING = "captions-running/"
"""An object for each film that is listened to."""
TRANSCRIPTS = "transcripts/"
"""What Transcribe has written down."""

DAYS_AT_WORK = 7
"""How long what is only worked on is kept: as long as a stream keeps the event of it, at the most."""


def _expiring(name: str, prefix: str) -> LifecycleRule:
    return {
        "id": name,
        "status": "Enabled",
        "filter": {"prefix": prefix},
        "expiration": {"days": DAYS_AT_WORK},
        "noncurrent_version_expiration": {"noncurrent_days": 1},
    }


LIFECYCLE = (_expiring("uploads", QUARANTINE), _expiring("transcripts", TRANSCRIPTS))
"""What was uploaded goes once it was worked on. What was uploaded in parts only goes as in every bucket."""

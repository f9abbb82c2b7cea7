"""A local AWS, as the runtime's tests have it."""

from tests.scripts.local.runtime.conftest import aws, endpoint, local_aws

__all__ = ["aws", "endpoint", "local_aws"]

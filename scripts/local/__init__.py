"""This machine as the cloud."""

REGION = "us-east-1"
ACCOUNT = "123456789012"
RUNS = "blueprint:runs"
"""The tag of an instance behind which a process runs: it is waited for when the instance is to end."""


PROGRAMS = "local-"
"""What the access keys of programs on this machine begin with."""


def environment(endpoint: str, who: str = "") -> dict[str, str]:
    """Return the variables that point the AWS SDKs, the AWS CLI, Terraform or Pulumi at the local AWS.

    `endpoint` is its address, such as `http://127.0.0.1:5000`. The credentials are made up: moto takes any.
    Those of `who` are others than everybody's, so that they can expire alone.
    """
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": f"{PROGRAMS}{who}" if who else "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
    }

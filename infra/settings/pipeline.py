"""Who deploys the stack."""

from pydantic import Field

from infra.settings.section import Section


class Pipeline(Section):
    """A repository on GitHub whose workflows preview and deploy the stack, with keys that nobody keeps."""

    repository: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$",
        max_length=140,
        examples=["acme/shop"],
        description="Owner and name of the repository; unset is no pipeline.",
    )
    environment: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9_-]+$",
        max_length=255,
        examples=["prod"],
        description="GitHub environment whose jobs may deploy, where people can be asked to approve; unset "
        "is the stack's name.",
    )
    branch: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9_./-]+$",
        max_length=255,
        examples=["main"],
        description="Branch whose jobs may deploy, in place of an environment; nobody is asked.",
    )
    adopt_provider: bool = Field(
        default=False,
        description="The account trusts GitHub already: take the provider that it has. There can be but one.",
    )
    session_hours: int = Field(2, ge=1, le=12, description="Hours that a deployment may take.")
    state_bucket: str | None = Field(
        None,
        pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$",
        examples=["acme-pulumi-state"],
        description="Bucket with Pulumi's state, made before the stack; unset where Pulumi Cloud keeps it.",
    )
    secrets_key_arn: str | None = Field(
        None,
        pattern=r"^arn:aws:kms:[a-z0-9-]+:\d{12}:key/[a-z0-9-]+$",
        examples=["arn:aws:kms:eu-central-1:123456789012:key/0f1e2d3c-0000-0000-0000-000000000000"],
        description="KMS key that encrypts the secrets in the state; unset where Pulumi Cloud or a "
        "passphrase does.",
    )

"""What is deployed, in a bucket of its own."""

import base64
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.components.bucket import Bucket, BucketArgs
from infra.components.policy import Role
from infra.manifest import Manifest


@dataclass(frozen=True, kw_only=True)
class Artifact:
    """An uploaded file.

    Attributes:
        bucket, key: where it lies; known once it is there.
        sha256: its checksum, hexadecimal.
    """

    bucket: pulumi.Output[str]
    key: pulumi.Output[str]
    sha256: str

    @property
    def code_hash(self) -> str:
        """The checksum as Lambda writes it, in base64."""
        return base64.b64encode(bytes.fromhex(self.sha256)).decode()


@dataclass(frozen=True, kw_only=True)
class ArtifactsArgs:
    """
    Attributes:
        manifest: what was built.
        account_id, kms_key_arn, protect: as in BucketArgs.
    """

    manifest: Manifest
    account_id: pulumi.Input[str]
    kms_key_arn: pulumi.Input[str] | None = None
    protect: bool


class Artifacts(pulumi.ComponentResource):
    """A bucket with one object for each artifact of a manifest, under a key that holds its checksum.

    What was deployed once stays: a rollback finds its bundle, and a running instance can boot again.

    Resources: bucket, objects.

    Attributes:
        bucket: the Bucket.
    """

    def __init__(self, name: str, args: ArtifactsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("blueprint:delivery:Artifacts", name, None, opts)
        self._name = name
        self.bucket = Bucket(
            name,
            BucketArgs(account_id=args.account_id, kms_key_arn=args.kms_key_arn, protect=args.protect),
            pulumi.ResourceOptions(parent=self),
        )
        self._artifacts = {
            artifact: self._upload(args.manifest, artifact) for artifact in args.manifest.artifacts
        }
        self.register_outputs({"bucket": self.bucket.name})

    def __getitem__(self, name: str) -> Artifact:
        return self._artifacts[name]

    def grant_read(self, name: str, role: Role) -> aws.iam.RolePolicy:
        """Let `role` get every version of one artifact."""
        return self.bucket.grant_read(role, f"{name}/")

    def _upload(self, manifest: Manifest, name: str) -> Artifact:
        path, sha256 = manifest.path(name), manifest.artifacts[name].sha256
        suffix = "".join(path.suffixes)
        uploaded = aws.s3.BucketObjectv2(
            f"{self._name}-{name}",
            bucket=self.bucket.name,
            key=f"{name}/{sha256}{suffix}",
            source=pulumi.FileAsset(str(path)),
            opts=pulumi.ResourceOptions(parent=self, retain_on_delete=True),
        )
        return Artifact(bucket=uploaded.bucket, key=uploaded.key, sha256=sha256)

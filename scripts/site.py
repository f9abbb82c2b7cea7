"""`blueprint site`: publish the storefront to the bucket behind the CDN, and make the CDN forget files."""

import mimetypes
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from scripts.errors import UserError

STOREFRONT = Path(__file__).resolve().parent.parent / "app" / "storefront"
# Names carry no content hash yet, so browsers ask again after a minute.
CACHE_CONTROL = "public, max-age=60"

app = typer.Typer(help="The static storefront in S3 behind the CDN.", no_args_is_help=True)


class SiteError(UserError):
    """The storefront cannot be published, or the CDN cannot be told to forget."""


@app.callback()
def site() -> None:
    """The static storefront in S3 behind the CDN."""


@app.command("publish")
def publish_command(
    bucket: Annotated[str, typer.Option(help="The bucket: `pulumi stack output site_bucket`.")],
) -> None:
    """Upload the storefront, with the credentials and the region of your AWS environment."""
    import boto3  # noqa: PLC0415 - every other command starts without its 0.3 s
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    try:
        published = publish(boto3.client("s3"), bucket)
    except (BotoCoreError, ClientError) as error:
        raise SiteError(
            f"cannot publish to bucket {bucket!r}: {error}. Check its name and your credentials."
        ) from error
    typer.echo(f"published {len(published)} files to {bucket}")


@app.command("invalidate")
def invalidate_command(
    paths: Annotated[
        list[str],
        typer.Argument(help="What to forget, such as /index.html or '/media/*' (quoted: shells expand *)."),
    ],
    distribution: Annotated[
        str, typer.Option(help="The distribution: `pulumi stack output distribution_id`.")
    ],
) -> None:
    """Make the CDN fetch paths anew before they expire; the first 1,000 a month are free."""
    import boto3  # noqa: PLC0415 - every other command starts without its 0.3 s
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    try:
        # CloudFront is everywhere; its clients want a region all the same.
        invalidation = invalidate(boto3.client("cloudfront", region_name="us-east-1"), distribution, paths)
    except (BotoCoreError, ClientError) as error:
        raise SiteError(
            f"cannot invalidate in distribution {distribution!r}: {error}. Check its id and your credentials."
        ) from error
    typer.echo(f"invalidation {invalidation}: {', '.join(paths)} will be fetched anew within minutes")


def invalidate(client: Any, distribution: str, paths: Sequence[str]) -> str:
    """Ask CloudFront, with its client, to forget `paths`; return the invalidation's id.

    Raises:
        SiteError: a path that CloudFront does not take.
    """
    for path in paths:
        if not path.startswith("/") or "*" in path[:-1]:
            raise SiteError(
                f"{path!r} is no path of the site: it begins with /, and has * as its last sign alone."
            )
    batch = {"Paths": {"Quantity": len(paths), "Items": list(paths)}, "CallerReference": str(uuid.uuid4())}
    answer = client.create_invalidation(DistributionId=distribution, InvalidationBatch=batch)
    identifier: str = answer["Invalidation"]["Id"]
    return identifier


def publish(client: Any, bucket: str, folder: Path = STOREFRONT) -> list[str]:
    """Upload every file below `folder` with an S3 client; return the keys. Names give the content types."""
    keys = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        key = path.relative_to(folder).as_posix()
        content_type = mimetypes.guess_type(key)[0] or "application/octet-stream"
        client.put_object(
            Bucket=bucket,
            Key=key,
            Body=path.read_bytes(),
            ContentType=content_type,
            CacheControl=CACHE_CONTROL,
        )
        keys.append(key)
    return keys

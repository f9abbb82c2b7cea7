"""`blueprint site`: publish the storefront to the bucket behind the CDN."""

import mimetypes
from pathlib import Path
from typing import Annotated, Any

import typer

from scripts.errors import UserError

STOREFRONT = Path(__file__).resolve().parent.parent / "app" / "storefront"
# Names carry no content hash yet, so browsers ask again after a minute.
CACHE_CONTROL = "public, max-age=60"

app = typer.Typer(help="The static storefront in S3 behind the CDN.", no_args_is_help=True)


class SiteError(UserError):
    """The storefront cannot be published."""


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

"""`blueprint site`: publish the storefront to the bucket behind the CDN, and make the CDN forget files."""

from collections.abc import Sequence
from typing import Annotated

import typer

app = typer.Typer(help="The static storefront in S3 behind the CDN.", no_args_is_help=True)


@app.callback()
def site() -> None:
    """The static storefront in S3 behind the CDN."""


@app.command("publish")
def publish_command(
    bucket: Annotated[str, typer.Option(help="The bucket: `pulumi stack output site_bucket`.")],
    distribution: Annotated[
        str | None,
        typer.Option(
            help="The distribution, whose edges forget the pages that changed at once, not within a minute: "
            "`pulumi stack output distribution_id`."
        ),
    ] = None,
) -> None:
    """Upload what changed of the storefront, with the credentials and the region of your AWS environment."""
    import boto3  # noqa: PLC0415 - every other command starts without its 0.3 s
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    from scripts.site.publishing import SiteError, publish  # noqa: PLC0415

    try:
        published = publish(boto3.client("s3"), bucket)
    except (BotoCoreError, ClientError) as error:
        raise SiteError(
            f"cannot publish to bucket {bucket!r}: {error}. Check its name and your credentials."
        ) from error
    typer.echo(
        f"published {len(published.files)} files to {bucket}: {len(published.uploaded)} uploaded, "
        f"{len(published.removed)} of older releases removed"
    )
    if distribution and published.stale_paths:
        _forget(published.stale_paths, distribution)


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
    _forget(paths, distribution)


def _forget(paths: Sequence[str], distribution: str) -> None:
    import boto3  # noqa: PLC0415 - every other command starts without its 0.3 s
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    from scripts.site.publishing import SiteError, invalidate  # noqa: PLC0415

    try:
        # CloudFront is everywhere; its clients want a region all the same.
        invalidation = invalidate(boto3.client("cloudfront", region_name="us-east-1"), distribution, paths)
    except (BotoCoreError, ClientError) as error:
        raise SiteError(
            f"cannot invalidate in distribution {distribution!r}: {error}. Check its id and your credentials."
        ) from error
    typer.echo(f"invalidation {invalidation}: {', '.join(paths)} will be fetched anew within minutes")

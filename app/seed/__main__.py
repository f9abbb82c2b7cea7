"""Fills the shop: `python -m app.seed`. Run again, it mends what differs and leaves the stock as it is."""

import asyncio
import hashlib
import sys
from collections.abc import Sequence

from botocore.exceptions import ClientError
from pydantic import Field

from app.platform import database
from app.platform.aws import Aws
from app.platform.database import WriteSession
from app.platform.problems import UnavailableError
from app.platform.secret import DatabaseSecret
from app.platform.settings import DatabaseSettings, SettingsError
from app.seed.assortment import CURRENCY, SeedProduct, products
from app.seed.pictures import picture

CACHE_CONTROL = "public, max-age=3600"


class SeedSettings(DatabaseSettings):
    """What filling the shop needs."""

    bucket: str = Field(alias="SITE_BUCKET", description="the name of the site's S3 bucket")


def main() -> int:
    """Fill the shop that the environment leads to; return the exit code."""
    try:
        said = asyncio.run(seed(SeedSettings.from_environment()))
    except (SettingsError, UnavailableError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    except ClientError as error:
        remedy = "Check SITE_BUCKET, DATABASE_SECRET_ARN and what these credentials may do."
        sys.stderr.write(f"error: AWS refuses: {error}. {remedy}\n")
        return 1
    sys.stdout.write(f"{said}\n")
    return 0


async def seed(settings: SeedSettings) -> str:
    """Bring products and pictures to what the assortment says; return what there was to do.

    Raises:
        UnavailableError: the database or AWS does not answer.
        botocore.exceptions.ClientError: AWS refuses: there is no such bucket or secret, or no permission.
    """
    assortment = products()
    with Aws() as aws:
        secret = DatabaseSecret(aws, settings.secret_arn)
        async with database.opened(settings, secret, "seed") as shop, shop.transaction() as session:
            added = await store(session, assortment)
        uploaded = await upload(aws, settings.bucket, assortment)
    return f"{len(assortment)} products, {added} of them new; {uploaded} pictures uploaded."


async def store(session: WriteSession, assortment: Sequence[SeedProduct]) -> int:
    """Add the products that are missing, and bring the others up to date but for their stock.

    New ones get their ids in the assortment's order. Returns how many are new.
    """
    rows = await session.rows(
        """
        INSERT INTO products (sku, name, description, category, price_minor, stock, image_path, currency)
        SELECT sku, name, description, category, price_minor, stock, image_path, $8
        FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::integer[], $7::text[])
            WITH ORDINALITY
            AS new (sku, name, description, category, price_minor, stock, image_path, place)
        ORDER BY place
        ON CONFLICT (sku) DO UPDATE SET
            name = excluded.name,
            description = excluded.description,
            category = excluded.category,
            price_minor = excluded.price_minor,
            image_path = excluded.image_path
        RETURNING xmax = 0 AS is_new -- no transaction has replaced the row before
        """,
        [product.sku for product in assortment],
        [product.name for product in assortment],
        [product.description for product in assortment],
        [product.category for product in assortment],
        [product.price_minor for product in assortment],
        [product.stock for product in assortment],
        [product.image_path for product in assortment],
        CURRENCY,
    )
    return sum(row["is_new"] for row in rows)


async def upload(aws: Aws, bucket: str, assortment: Sequence[SeedProduct]) -> int:
    """Upload the pictures that the bucket does not hold as they are; return how many."""
    prefix = "media/products/"
    listing = await aws.call("s3", "list_objects_v2", Bucket=bucket, Prefix=prefix)
    there = {entry["Key"]: entry["ETag"] for entry in listing.get("Contents", [])}

    async def bring(product: SeedProduct) -> int:
        key, body = product.image_path.removeprefix("/"), picture(product).encode()
        # The ETag of an object that was put in one part is its MD5 (S3 API Reference, "Object").
        if there.get(key) == f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"':
            return 0
        await aws.call(
            "s3",
            "put_object",
            Bucket=bucket,
            Key=key,
            Body=body,
            ContentType="image/svg+xml",
            CacheControl=CACHE_CONTROL,
        )
        return 1

    return sum(await asyncio.gather(*(bring(product) for product in assortment)))


if __name__ == "__main__":
    sys.exit(main())

"""Filling the shop."""

from xml.etree import ElementTree

import pytest

from app.seed.__main__ import SeedSettings, main, seed
from app.seed.assortment import CATEGORIES, products
from app.seed.pictures import picture
from tests.app.shop import Arrange, client


@pytest.fixture
def bucket(variables: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> str:
    """The site's bucket."""
    name = variables["POSITIONS_STREAM"]
    client(variables, "s3").create_bucket(Bucket=name)
    monkeypatch.setenv("SITE_BUCKET", name)
    return name


def test_there_are_200_products_with_names_of_their_own_in_several_categories() -> None:
    assortment = products()
    assert len(assortment) == 200
    assert len({product.name for product in assortment}) == 200
    assert {product.category for product in assortment} == {category.name for category in CATEGORIES}


def test_pictures_are_well_formed_small_and_all_different() -> None:
    pictures = [picture(product) for product in products()]
    assert len(set(pictures)) == 200
    assert max(map(len, pictures)) < 8_000
    for drawn in pictures:
        assert ElementTree.fromstring(drawn).tag == "{http://www.w3.org/2000/svg}svg"  # noqa: S314 - our own


async def test_seeding_again_mends_what_differs_and_leaves_the_stock_alone(
    bucket: str, arrange: Arrange
) -> None:
    settings = SeedSettings.from_environment()

    assert await seed(settings) == "200 products, 200 of them new; 200 pictures uploaded."
    assert await seed(settings) == "200 products, 0 of them new; 0 pictures uploaded."
    before = await arrange.rows("SELECT * FROM products ORDER BY id")
    await arrange.connection.execute("UPDATE products SET stock = 1, name = 'Renamed' WHERE id = 7")
    assert await seed(settings) == "200 products, 0 of them new; 0 pictures uploaded."

    after = await arrange.rows("SELECT * FROM products ORDER BY id")
    assert [row["id"] for row in after] == list(range(1, 201))
    assert after[6].pop("stock") == 1
    assert before[6].pop("stock") != 1
    assert after == before


async def test_every_product_has_its_picture_in_the_bucket(
    variables: dict[str, str], bucket: str, arrange: Arrange
) -> None:
    await seed(SeedSettings.from_environment())

    s3 = client(variables, "s3")
    keys = {entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket)["Contents"]}
    paths = {row["image_path"] for row in await arrange.rows("SELECT image_path FROM products")}
    assert {f"/{key}" for key in keys} == paths
    assert s3.head_object(Bucket=bucket, Key=keys.pop())["ContentType"] == "image/svg+xml"


def test_a_bucket_that_is_missing_is_told_in_one_line(
    variables: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SITE_BUCKET", "no-such-bucket")
    assert main() == 1
    assert "NoSuchBucket" in capsys.readouterr().err

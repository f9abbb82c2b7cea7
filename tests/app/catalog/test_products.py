"""Reading products over HTTP."""

import httpx

from tests.app.shop import Arrange


async def test_a_product_is_shown_with_everything_that_is_known_of_it(
    shop: httpx.AsyncClient, arrange: Arrange
) -> None:
    number = await arrange.product(7, name="Cup", price_minor=1_250, stock=3)
    answer = await shop.get(f"/products/{number}")
    assert answer.status_code == 200
    product = answer.json()
    assert product.pop("created_at").endswith("Z")
    assert product == {
        "id": number,
        "sku": "SKU-7",
        "name": "Cup",
        "description": "A thing to have",
        "category": "things",
        "price_minor": 1_250,
        "currency": "EUR",
        "image_path": "/media/products/SKU-7.svg",
        "stock": 3,
    }


async def test_a_product_that_does_not_exist_is_a_problem(shop: httpx.AsyncClient) -> None:
    answer = await shop.get("/products/99")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"] == "There is no product 99."

"""Listing and searching products, page by page."""

import httpx
import pytest

from app.catalog.schemas import ProductPage
from app.catalog.service import as_tsquery
from tests.app.shop import Arrange


async def pages(shop: httpx.AsyncClient, **query: str | int) -> list[list[str]]:
    """Return the names on every page."""
    found = []
    cursor = ""
    while True:
        answer = await shop.get("/products", params=query | ({"cursor": cursor} if cursor else {}))
        assert answer.status_code == 200, answer.text
        page = answer.json()
        found.append([product["name"] for product in page["items"]])
        if page["next"] is None:
            return found
        cursor = page["next"]


async def test_every_product_stands_on_one_page_while_others_are_added(
    shop: httpx.AsyncClient, arrange: Arrange
) -> None:
    for number in range(25):
        await arrange.product(number)
    seen: list[int] = []
    query: dict[str, str | int] = {"limit": 7}
    for extra in range(100, 105):
        if extra < 104:
            await arrange.product(extra)
        page = (await shop.get("/products", params=query)).json()
        seen += [product["id"] for product in page["items"]]
        query["cursor"] = page["next"]

    assert query["cursor"] is None
    assert seen == sorted(set(seen))
    assert seen == [row["id"] for row in await arrange.rows("SELECT id FROM products ORDER BY id")]


async def test_the_last_page_is_known_as_such_even_when_it_is_full(
    shop: httpx.AsyncClient, arrange: Arrange
) -> None:
    for number in range(6):
        await arrange.product(number)

    assert [len(page) for page in await pages(shop, limit=3)] == [3, 3]
    assert await pages(shop, category="none") == [[]]


async def test_the_description_of_a_page_matches_what_is_answered(
    shop: httpx.AsyncClient, arrange: Arrange
) -> None:
    for number in (1, 2):
        await arrange.product(number)

    for path in ("/products", "/products?limit=1", "/products?q=product"):
        answer = await shop.get(path)

        assert answer.headers["content-type"] == "application/json"
        page = ProductPage.model_validate_json(answer.content, strict=True)
        assert answer.json() == page.model_dump(mode="json", exclude_unset=True)  # and nothing more


async def test_a_category_is_listed_alone(shop: httpx.AsyncClient, arrange: Arrange) -> None:
    for number in range(9):
        await arrange.product(number, category=("tea", "maps", "string")[number % 3])

    assert await pages(shop, category="maps", limit=2) == [["Product 1", "Product 4"], ["Product 7"]]


async def test_a_match_in_the_name_comes_before_one_in_the_description(
    shop: httpx.AsyncClient, arrange: Arrange
) -> None:
    await arrange.product(1, name="Saucer", description="Made for the blue cup")
    await arrange.product(2, name="Blue cup", description="It holds tea")
    await arrange.product(3, name="Red cup", description="It holds coffee")

    assert await pages(shop, q="blue cup") == [["Blue cup", "Saucer"]]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("lamp", ["Brass lamps"]),
        ("LAMPS", ["Brass lamps"]),
        ("bra", ["Brass lamps"]),
        ("lam bra", ["Brass lamps"]),
        ("brass vase", []),
        ("vases", ["Tall vase"]),
        ("glass", ["Tall vase"]),
        ("things", ["Brass lamps", "Tall vase"]),
        ("the", []),
        ("", []),
        ("!!! & | <-> :* '", []),
        ("vase' | 'lamp", []),
        ("vase:* & !lamp", []),
    ],
)
async def test_words_are_found_by_their_stem_or_beginning_and_no_text_breaks_the_search(
    shop: httpx.AsyncClient, arrange: Arrange, words: str, found: list[str]
) -> None:
    await arrange.product(1, name="Brass lamps", description="They shine")
    await arrange.product(2, name="Tall vase", description="Blown from glass")

    assert await pages(shop, q=words) == [found]


async def test_a_search_says_where_it_found_the_words(shop: httpx.AsyncClient, arrange: Arrange) -> None:
    await arrange.product(1, name="Blue cup", description="It holds tea, and other cups")

    [found] = (await shop.get("/products", params={"q": "cup"})).json()["items"]
    said = found["highlights"]
    assert "".join(part["text"] for part in said) == "Blue cup · It holds tea, and other cups"
    assert [part["text"] for part in said if part["matches"]] == ["cup", "cups"]
    [listed] = (await shop.get("/products")).json()["items"]
    assert "highlights" not in listed


async def test_a_word_that_is_misspelt_finds_what_is_alike_where_the_server_can_tell(
    shop: httpx.AsyncClient, arrange: Arrange
) -> None:
    await arrange.product(1, name="Brass lantern")
    await arrange.product(2, name="Tall vase")
    can_tell = await arrange.value("SELECT count(*) FROM pg_extension WHERE extname = 'pg_trgm'") == 1

    assert await pages(shop, q="lanterm") == [["Brass lantern"] if can_tell else []]
    assert await pages(shop, q="zzzzzz") == [[]]


async def test_search_results_of_equal_rank_stand_on_one_page_each(
    shop: httpx.AsyncClient, arrange: Arrange
) -> None:
    for number in range(11):
        await arrange.product(number, name=f"Cup {number}", category="tea" if number % 2 else "coffee")
        await arrange.product(100 + number, name=f"Saucer {number}", description="Goes with a cup")

    found = await pages(shop, q="cup", limit=4)
    names = [name for page in found for name in page]
    assert len(names) == len(set(names)) == 22
    assert all(name.startswith("Cup") for name in names[:11])
    assert await pages(shop, q="cup", category="tea") == [[f"Cup {number}" for number in range(1, 11, 2)]]


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 101}, "limit"),
        ({"cursor": "nonsense"}, "cursor"),
        ({"cursor": "💥"}, "cursor"),
        ({"cursor": "eyJyYW5rIjoxZTMwMCwiaWQiOjF9"}, "cursor"),  # a rank that no float4 holds
        ({"q": "a\0b"}, "q"),
        ({"category": "\0"}, "category"),
        ({"q": "a" * 101}, "q"),
    ],
)
async def test_a_bad_parameter_is_named(
    shop: httpx.AsyncClient, query: dict[str, str | int], parameter: str
) -> None:
    answer = await shop.get("/products", params=query)

    assert answer.status_code == 422
    assert [error["parameter"] for error in answer.json()["errors"]] == [parameter]


def test_words_become_a_query_without_operators_of_their_own() -> None:
    assert as_tsquery("red cu") == "'red':* & 'cu':*"
    assert as_tsquery("a|b & 'c' \\ d_e") == "'a':* & 'b':* & 'c':* & 'd':* & 'e':*"
    assert as_tsquery("Größe ٣") == "'Größe':* & '٣':*"
    assert as_tsquery(" !? ") == ""
